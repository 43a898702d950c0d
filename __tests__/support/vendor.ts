import { afterAll, beforeAll } from '@jest/globals';
import { startSimulator, type Recorded, type Script } from '../../simulator/simulator.js';
import { runAction, type Run } from './action.js';

type Simulator = Awaited<ReturnType<typeof startSimulator>>;

/** What a vendor received, as short as it can be compared. */
export interface Request {
  readonly line: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * Gives a function that creates a job at the simulated vendor and runs the bundle for it. The
 * pauses are short; every other input is as in action.yml.
 */
export function vendorTest(vendor: string, vendorInputs: Readonly<Record<string, string>> = {}) {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  return async (
    job: Omit<Script, 'vendor'> | undefined,
    inputs: Readonly<Record<string, string>> = {},
    options: Parameters<typeof runAction>[1] = {},
  ): Promise<Run & { id: string; requests: Request[]; times: number[] }> => {
    const id = job === undefined ? 'no-such-job' : simulator.createJob({ vendor, ...job });
    const before = simulator.requests.length;
    const run = await runAction(
      {
        provider: vendor,
        'request-id': id,
        'base-url': simulator.url,
        token: 'simulator-token',
        timeout: '20s',
        interval: '0.05s',
        ...vendorInputs,
        ...inputs,
      },
      options,
    );
    const recorded = simulator.requests.slice(before);
    return {
      ...run,
      id,
      requests: recorded.map(requestOf),
      times: recorded.map(({ atMs }) => atMs),
    };
  };
}

const requestOf = ({ method, url, headers, body }: Recorded): Request => ({
  line: `${method} ${url.pathname}${url.search}`,
  headers,
  body,
});

/** The steps of a job that goes through `words`, one question each; the last word stays. */
export const words = (...all: string[]) => all.map((word) => ({ word, forQuestions: 1 }));

/** The status words in the order in which the log reports them. */
export const wordsInLog = (log: string): string[] =>
  [...log.matchAll(/^ +[\d.]+m?s {2}([A-Za-z_, ]+)$/gm)].map(([, word]) => word ?? '');
