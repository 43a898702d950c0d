import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAction, type Run } from './action.js';
import { startReportServer, type Responder } from './report-server.js';
import { makeFolder, removeFolder } from './system.js';

type Texts = Readonly<Record<string, string>>;

/** What a hostile service sends, and to which step. */
export interface Attack {
  readonly respond: Responder;
  readonly inputs?: Texts | ((url: string) => Texts);
  /** What must not be found in anything that is written, beside the inputs. */
  readonly secrets?: readonly string[];
  /** The signal comes so long after this request. */
  readonly signal?: { readonly request?: number; readonly afterMs: number };
  /** How long a run without a signal waits; undefined where there is no such run. */
  readonly timeout?: string | undefined;
}

export interface Measured extends Run {
  /** The most memory that the process took. */
  readonly peakMib: number;
  /** From the signal to the end of the process; 0 where it had ended by itself. */
  readonly heardMs: number;
}

/** A token of signs that each format escapes in a way of its own. */
export const TOKEN = 'sec/ret+tok&en"18-Zq';

/** Runs the step at a hostile service, and sends it SIGTERM in the middle of the work if `withSignal` says so. */
export async function runHostile(attack: Attack, withSignal: boolean): Promise<Measured> {
  const { respond, inputs = {}, signal = { afterMs: 60 }, secrets = [], timeout } = attack;
  const [server, folder] = await Promise.all([startReportServer(), makeFolder('hostile')]);
  const measure = join(folder, 'measure');
  let kill = (): void => undefined;
  let killedAtMs: number | undefined;
  server.give((request, response, number) => {
    respond(request, response, number);
    if (!withSignal || number !== (signal.request ?? 1)) return;
    setTimeout(() => {
      killedAtMs = performance.now();
      kill();
    }, signal.afterMs);
  });
  const own = typeof inputs === 'function' ? inputs(server.url) : inputs;
  const run = await runAction(
    {
      provider: 'http',
      url: own.provider === undefined ? `${server.url}/jobs/{id}` : '',
      'base-url': server.url,
      'request-id': 'job-1',
      token: TOKEN,
      interval: '0.05s',
      'not-found-grace': '0.1s',
      timeout: withSignal ? '60s' : (timeout ?? '0.6s'),
      ...own,
    },
    {
      secrets: () => secrets,
      env: {
        NODE_OPTIONS: `--require ${JSON.stringify(MEASURE)}`,
        HOSTILE_MEASURE: measure,
        // What V8 counts takes memory of its own.
        NODE_V8_COVERAGE: '',
        GITHUB_WORKSPACE: folder,
      },
      onLog: (_, end) => {
        kill = () => {
          end('SIGTERM');
        };
      },
    },
  );
  const heardMs = killedAtMs === undefined ? 0 : performance.now() - killedAtMs;
  const peakMib = Number(await readFile(measure, 'utf8'));
  await Promise.all([server.close(), removeFolder(folder)]);
  return { ...run, peakMib, heardMs };
}

const MEASURE = join(import.meta.dirname, 'hostile-measure.cjs');
