import { expect, test } from '@jest/globals';
import { apiServer, type Given } from '../support/api-server.js';
import { fetchReport } from '../support/report-server.js';
import type { Run } from '../support/action.js';

/** Characters that nobody sees, and what the runner takes for commands, in every place and every output. */
const { run } = apiServer();

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\p{Bidi_Control}]/u;
const hidden =
  '\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200d\u200e\u202e\u2060\u2066\u206f\u3164\ufe0f\ufeff\uffa0\ufff9\u{1bca0}\u{1d173}\u{e0001}\u{e0041}\u{e0100}';
const dirty = `a${hidden}b`;
/** A workflow command as a service could hide it. */
const COMMANDS = [
  ...['::error::x', ' \t::stop-commands::x', '\u00a0::add-mask::x', '\u3000\u2003::error::x'],
  ...[
    '\v::error::x',
    '\u0085::error::x',
    '\u200b::error::x',
    ':\u200b:error::x',
    '\ufeff::error::x',
  ],
  ...['a ##[error]x', 'a #\u200b#[error]x', 'a ##\u{e0100}[error]x', '\u001b[0m::error::x'],
];

/** The outputs but `response`, each of which is one line for one job, with those of all jobs. */
const oneLine = ({ outputs }: Run) =>
  Object.entries(outputs).filter(([name]) => name !== 'response');

const everywhere = (text: string): Given => ({
  body: { status: text, why: text, batch: text, link: text },
});
const queries = {
  'message-query': 'why',
  'batch-id-query': 'batch',
  'file-path-query': 'link',
  timeout: '0',
};

test('characters that nobody sees are in no line of the log, the summary or an output', async () => {
  const result = await run({ ...queries, 'request-id': dirty }, [everywhere(dirty)]);
  for (const name of ['providerStatus', 'batchId', 'filePath', 'requestId'] as const) {
    // A mark of direction leaves a blank.
    if (name in result.outputs) expect(result.outputs[name]).toMatch(/^a *b$/);
  }
  for (const [name, value] of oneLine(result))
    expect([name, INVISIBLE.test(value)]).toEqual([name, false]);
  expect(result.log).not.toMatch(INVISIBLE);
  // The sign of a warning in a heading is our own.
  expect(result.summary.replaceAll('⚠️', '')).not.toMatch(INVISIBLE);
  expect(result.jobsFileText).not.toMatch(INVISIBLE);
});

test('characters that nobody sees are in the name of no report', async () => {
  const { saved, ...result } = await fetchReport((_, response) => {
    response.writeHead(200, {
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(`${dirty}.csv`)}`,
    });
    response.end('1,2\n');
  });
  expect(result.exitCode).toBe(0);
  expect(Object.keys(saved)).toHaveLength(1);
  expect(Object.keys(saved).join('')).not.toMatch(INVISIBLE);
  expect(result.outputs.reportFile).not.toMatch(INVISIBLE);
  expect(result.log).toContain(`saved: ${result.outputs.reportFile}`);
});

test.each(COMMANDS)(
  '%j is a workflow command in no output and in no line of the log',
  async (command) => {
    const result = await run(queries, [everywhere(command)]);
    const others = [...Object.values(result.outputs), result.jobsFileText, result.summary].join(
      '\n',
    );
    for (const line of others.split(/[\r\n]+/)) expect(line).not.toMatch(/^[\s\u0085]*::|##\[/u);
    const [ours = [], theirs = []] = [
      /^::(error|warning|debug|group|endgroup)[ :]/,
      /^[\s\u0085]*::|##\[/u,
    ].map((kind) => result.log.split('\n').filter((line) => kind.test(line)));
    expect(theirs).toEqual(ours);
    expect(ours.filter((line) => line.startsWith('::error'))).toHaveLength(1);
  },
);

test('no line of a body in the output response begins with a workflow command', async () => {
  const body = ['{"status":"done","text":1,', ...COMMANDS.map((one) => one)].join('\n');
  const { outputs } = await run({ timeout: '0' }, [{ body }]);
  expect(outputs.response).toContain('"text":1');
  for (const line of (outputs.response ?? '').split(/[\r\n\u2028\u2029]/)) {
    expect(line).not.toMatch(/^[\s\u0085]*::|##\[/u);
  }
});
