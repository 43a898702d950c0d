import fc from 'fast-check';

/**
 * What happens in one run, drawn from a seed: the inputs of a step, how its provider responds to each poll and login,
 * what the store of reports sends, and when the runner asks the step to stop. A script is plain JSON, so that one
 * that found something can be kept as a test.
 *
 * @typedef {object} Reply the response to one request
 * @property {string} kind a state of the job, or a fault; see STATES and FAULTS
 * @property {number} [delayMs] how long it takes
 * @property {Record<string, string>} [pause] the header that asks for a pause
 * @property {boolean} [gzip]
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {Reply[]} polls one for each poll; the last one stays
 *
 * @typedef {object} Script
 * @property {string} provider
 * @property {number} timeoutMs
 * @property {number} intervalMs
 * @property {'fail' | 'continue'} onTimeout
 * @property {'fail' | 'continue'} onPartial
 * @property {boolean} failFast
 * @property {Job[]} jobs
 * @property {{ lifetimeMs: number, replies: Reply[] }} [login] left out where the step is given a token
 * @property {Reply[]} [report] one for each request; the last one stays
 * @property {boolean} [cancels] whether a job that is given up is cancelled at the provider
 * @property {{ name: 'SIGTERM' | 'SIGINT', request: number, afterMs: number }} [signal] sent so long after a request
 */

/** What a job can be; a word for each stands in services.js. */
export const STATES = ['pending', 'successful', 'partial', 'failed', 'unknown'];

/** What is no statement about the job, whatever it looks like. */
export const FAULTS = [
  ...[400, 401, 403, 404, 408, 409, 410, 422, 425, 429, 500, 502, 503, 504].map(
    (code) => `http ${code}`,
  ),
  ...['html', 'empty', 'text', 'no status', 'null', 'huge', 'bad gzip', 'redirect'],
  ...['cut', 'cut chunks', 'reset', 'silent', 'drip', 'unknown id', 'token rejected'],
  // A success that is not one: cut off, under an error, on a page.
  ...['success cut', 'success in 503', 'success in 404', 'success in html'],
];

export const REPORT_FAULTS = [
  ...[401, 403, 404, 410, 429, 500, 503].map((code) => `http ${code}`),
  ...[
    'html',
    'empty',
    'error',
    'cut',
    'cut without tag',
    'changed',
    'short',
    'silent',
    'stall',
    'drip',
    'kilobytes',
  ],
  ...['reset', 'redirect', 'bad part', 'gzip', 'bad gzip', 'larger'],
];

const LOGIN_FAULTS = [
  'http 500',
  'http 503',
  'http 429',
  'refused',
  'html',
  'empty',
  'reset',
  'silent',
  'no token',
];

/** @template T @param {readonly T[]} values */
const oneOf = (values) => fc.constantFrom(...values);
const never = fc.constant(undefined);

const pause = fc.oneof(
  { weight: 6, arbitrary: never },
  {
    weight: 1,
    arbitrary: oneOf(['0', '1', '0.3', '2', '3600', 'soon']).map((value) => ({
      'retry-after': value,
    })),
  },
  {
    weight: 1,
    arbitrary: oneOf(['0', '150', '400', '-1']).map((value) => ({ 'retry-after-ms': value })),
  },
  {
    weight: 1,
    arbitrary: oneOf(['0', '1', '99']).map((value) => ({ 'x-ratelimit-reset': value })),
  },
);

const delayMs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: oneOf([20, 150, 700]) },
);

/** @param {[weight: number, kinds: readonly string[]][]} choices @returns {fc.Arbitrary<Reply>} */
const reply = (...choices) =>
  fc
    .record({
      kind: fc.oneof(...choices.map(([weight, kinds]) => ({ weight, arbitrary: oneOf(kinds) }))),
      delayMs,
      pause,
      gzip: oneOf([false, false, false, true]),
    })
    .map(({ pause: header, ...rest }) => ({ ...rest, ...(header && { pause: header }) }));

const poll = reply(
  [6, ['pending']],
  [3, ['successful']],
  [2, ['partial', 'failed', 'unknown']],
  [6, FAULTS],
);

/** @param {number} index */
const job = (index) =>
  fc.array(poll, { minLength: 1, maxLength: 6 }).map((polls) => ({ id: `job-${index}`, polls }));

const jobs = fc
  .oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 11, max: 16 }) },
  )
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => job(index + 1))));

const login = fc.record({
  lifetimeMs: oneOf([300, 1500, 3_600_000]),
  replies: fc.array(reply([3, ['issued']], [2, LOGIN_FAULTS]), { minLength: 1, maxLength: 4 }),
});

const report = fc.array(reply([2, ['good']], [4, REPORT_FAULTS]), { minLength: 1, maxLength: 4 });

const signal = fc.record({
  name: oneOf(/** @type {const} */ (['SIGTERM', 'SIGINT'])),
  request: fc.integer({ min: 1, max: 5 }),
  afterMs: oneOf([0, 1, 5, 30, 200]),
});

/** @type {fc.Arbitrary<Script>} */
export const scripts = fc
  .record({
    provider: oneOf([
      'http',
      'http',
      'unicommerce',
      'unicommerce',
      'safetychain',
      'flolive',
      'os1',
      'sei',
    ]),
    timeoutMs: fc.oneof(
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 6, arbitrary: fc.integer({ min: 300, max: 2500 }) },
    ),
    intervalMs: fc.integer({ min: 50, max: 300 }),
    onTimeout: oneOf(/** @type {const} */ (['fail', 'fail', 'continue'])),
    onPartial: oneOf(/** @type {const} */ (['fail', 'fail', 'continue'])),
    failFast: oneOf([false, false, true]),
    jobs,
    login: fc.oneof(never, login),
    report: fc.oneof(never, report),
    cancels: fc.boolean(),
    signal: fc.oneof({ weight: 4, arbitrary: never }, { weight: 1, arbitrary: signal }),
  })
  .map((script) => /** @type {Script} */ (JSON.parse(JSON.stringify(script))));

/** @param {number} seed @returns {Script} */
export const scriptOf = (seed) =>
  /** @type {Script} */ (fc.sample(scripts, { seed, numRuns: 1 })[0]);
