/**
 * What random scripts have found, as small as it could be made: each is played by the tests.
 *
 * @type {readonly { what: string, script: import('./script.js').Script }[]}
 */
export const FOUND = [
  {
    what: 'a report that is asked for many times over one connection makes Node.js warn of its listeners',
    script: {
      provider: 'unicommerce',
      timeoutMs: 1500,
      intervalMs: 50,
      onTimeout: 'fail',
      onPartial: 'fail',
      failFast: false,
      cancels: false,
      jobs: [{ id: 'job-1', polls: [{ kind: 'successful' }] }],
      report: [{ kind: 'http 503' }],
    },
  },
  {
    what: 'a signal after all has been reported leaves a red step without a word about it',
    script: {
      provider: 'sei',
      timeoutMs: 0,
      intervalMs: 83,
      onTimeout: 'continue',
      onPartial: 'fail',
      failFast: true,
      cancels: false,
      jobs: [{ id: 'job-1', polls: [{ kind: 'pending' }] }],
      signal: { name: 'SIGTERM', request: 1, afterMs: 30 },
    },
  },
];
