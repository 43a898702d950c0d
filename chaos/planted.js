/**
 * For each invariant a fault in the bundle that breaks it, and a script in which that can be seen: proof that the
 * invariant can fail.
 *
 * @typedef {import('./script.js').Script} Script
 *
 * @typedef {object} Planted
 * @property {string} invariant
 * @property {readonly (readonly [text: string, replacement: string])[]} edits each text stands in lib/bundle.cjs once
 * @property {Script} script
 */

/** @type {Script} */
const usual = {
  provider: 'http',
  timeoutMs: 1500,
  intervalMs: 100,
  onTimeout: 'fail',
  onPartial: 'fail',
  failFast: false,
  cancels: false,
  jobs: [],
};

/** A script of one job. @param {Partial<Script>} changes @param {readonly string[]} kinds @returns {Script} */
const oneJob = (changes, ...kinds) => ({
  ...usual,
  jobs: [{ id: 'job-1', polls: kinds.map((kind) => ({ kind })) }],
  ...changes,
});
/** The report of a finished job. @param {readonly string[]} kinds */
const withReport = (...kinds) => oneJob({ report: kinds.map((kind) => ({ kind })) }, 'successful');
/** @param {number} [lifetimeMs] */
const login = (lifetimeMs = 3_600_000) => ({ lifetimeMs, replies: [{ kind: 'issued' }] });

/** @type {readonly Planted[]} */
export const PLANTED = [
  {
    invariant: 'exit 0 only with evidence for every job',
    edits: [['const isGreen = isWritten && failed.length === 0', 'const isGreen = isWritten']],
    script: oneJob({}, 'failed'),
  },
  {
    invariant: 'a status is one that the provider has told',
    edits: [
      [
        'pending: undefined,\n    unknown: undefined,',
        "pending: ['Successful', ''],\n    unknown: undefined,",
      ],
    ],
    script: oneJob({}, 'pending'),
  },
  {
    invariant: 'ends within the timeout and six seconds',
    edits: [['const LAST_POLLS_MS = 5_000;', 'const LAST_POLLS_MS = 9_000;']],
    script: oneJob({ timeoutMs: 300 }, 'pending', 'silent'),
  },
  {
    invariant: 'ends within a second of a signal, and not green',
    edits: [
      ['stop.abort(new Cancelled());', 'setTimeout(() => stop.abort(new Cancelled()), 3500);'],
    ],
    script: oneJob(
      { timeoutMs: 8000, signal: { name: 'SIGTERM', request: 1, afterMs: 1 } },
      'pending',
    ),
  },
  {
    invariant: 'ends by itself, in words',
    edits: [['process.noDeprecation = true;', "process.emitWarning('odd');"]],
    script: oneJob({}, 'successful'),
  },
  {
    invariant: 'each output is written once',
    edits: [
      ['(GITHUB_OUTPUT, formatOutputs(all))', '(GITHUB_OUTPUT, formatOutputs(all).repeat(2))'],
    ],
    script: oneJob({}, 'successful'),
  },
  {
    invariant: 'no secret is written',
    edits: [
      [
        'ranges, replacement, end = text.length) {',
        'ranges, replacement, end = text.length) {\n\tranges = [];',
      ],
    ],
    script: oneJob({}, 'failed'),
  },
  {
    invariant: 'every token that is used is masked',
    edits: [['addSecret(token.value);', '']],
    script: oneJob({ login: login() }, 'successful'),
  },
  {
    invariant: 'nobody reads the signature of a report',
    // It is hidden in three ways, of which each is enough.
    edits: [
      ['`next to nothing from ${url.host}', '`next to nothing from ${url.href}'],
      ['withoutQueries(redact(toLine(start)))', 'redact(toLine(start))'],
      ['hideQuery(link) {', 'hideQuery(link) {\n\t\treturn;'],
    ],
    script: { ...withReport('silent'), timeoutMs: 300 },
  },
  {
    invariant: 'a response starts no command',
    edits: [['function toLine(text) {', 'function toLine(text) {\n\treturn text;']],
    script: oneJob({ jobs: ['job-1', 'job-2'].map((id) => ({ id, polls: [{ kind: 'failed' }] })) }),
  },
  {
    invariant: 'no poll comes after the end',
    edits: [['if (settled !== undefined)', 'if (settled !== undefined && job.polls > 1)']],
    script: oneJob({}, 'successful'),
  },
  {
    invariant: 'polls keep their distance',
    edits: [['JITTER * random), schedule.intervalMs)', 'JITTER * random), 1)']],
    script: oneJob({ intervalMs: 1000, timeoutMs: 2500 }, 'pending'),
  },
  {
    invariant: 'a pause that the provider asks for is kept',
    edits: [['Math.max(ownMs, retryAfterMs)', 'ownMs']],
    script: oneJob({
      timeoutMs: 2500,
      jobs: [{ id: 'job-1', polls: [{ kind: 'pending', pause: { 'retry-after': '1' } }] }],
    }),
  },
  {
    invariant: 'the last poll falls on the deadline',
    edits: [['if (nowMs >= giveUpAtMs())', 'if (nowMs >= giveUpAtMs() - 2000)']],
    script: oneJob({ timeoutMs: 3500 }, 'pending'),
  },
  {
    invariant: 'at most ten requests at once',
    edits: [['const MAX_POLLS_AT_ONCE = 10;', 'const MAX_POLLS_AT_ONCE = 14;']],
    script: oneJob({
      jobs: Array.from({ length: 14 }, (_, index) => ({
        id: `job-${index}`,
        polls: [{ kind: 'successful', delayMs: 700 }],
      })),
    }),
  },
  {
    invariant: 'no credential goes to a second host',
    edits: [['url.origin === providerOrigin && route.mayUseToken', 'true']],
    script: withReport('redirect', 'good'),
  },
  {
    invariant: 'a login has a cause',
    edits: [['if (clock.now() < active.renewAtMs)', 'if (false)']],
    script: oneJob({ login: login() }, 'pending', 'pending', 'pending', 'successful'),
  },
  {
    invariant: 'a job is cancelled only where it is given up, and once',
    edits: [
      ['result.outcomes.filter((outcome) => abandonsJob(outcome, inputs))', 'result.outcomes'],
    ],
    script: oneJob({ cancels: true }, 'successful'),
  },
  {
    invariant: 'no part of a report is left',
    edits: [['await part.discard();', '']],
    script: withReport('http 410'),
  },
  {
    invariant: 'a report has the bytes that were served',
    edits: [
      ['if (totalBytes !== undefined && state.bytes !== totalBytes) {', 'if (false) {'],
      ['throw incompleteDownload(state, url, error.message, error);', ''],
    ],
    script: withReport('cut'),
  },
  {
    invariant: 'a job that is successful has its report',
    edits: [
      [
        "return { ...outcome, ...advice, status: 'Error', reason, message, reportFiles };",
        'return outcome;',
      ],
    ],
    script: withReport('http 410'),
  },
  {
    invariant: 'the output response is that of a poll',
    edits: [
      [
        'last = await transport.send(request, timeoutMs, signal);',
        'last = await transport.send(request, timeoutMs, signal);\n\t\tbody = last.body;',
      ],
    ],
    script: oneJob({ timeoutMs: 400, login: login() }, 'reset'),
  },
  {
    invariant: 'a failed step says so, for each job that failed',
    edits: [['for (const { title, text } of shown)', 'for (const { title, text } of [])']],
    script: oneJob({}, 'failed'),
  },
];
