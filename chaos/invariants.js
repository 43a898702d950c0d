import { HAS_MESSAGES, messageOf, sha256, SIGNATURE, VERSIONS } from './services.js';

/**
 * What holds in every run, whatever the services do. Each invariant gives what speaks against it, as sentences.
 *
 * @typedef {import('./play.js').Played} Played
 * @typedef {import('./script.js').Script} Script
 * @typedef {import('./services.js').Recorded} Recorded
 * @typedef {{ requestId: string, status: string, reason: string, message: string, filePath: string, files: { reportFile: string, bytes: number, sha256: string }[] }} JobOutput
 *
 * @typedef {object} Run a run, read
 * @property {Script} script
 * @property {Played} played
 * @property {readonly (readonly [name: string, value: string])[]} outputs in the order in which they were written
 * @property {readonly JobOutput[]} jobs
 * @property {number} toleranceMs what the machine may add to a time
 */

/** Every output of action.yml. */
const OUTPUTS = [
  ...[
    'status',
    'batchId',
    'filePath',
    'providerStatus',
    'message',
    'reason',
    'timedOut',
    'reportFile',
    'requestId',
  ],
  ...['link', 'reportBytes', 'reportSha256', 'jobsFile', 'jobs', 'response'],
];

/** How late a process may be by itself: to be started, to be scheduled, to end. */
const OWN_MS = 400;
const AFTER_TIMEOUT_MS = 6000;
/** `timeout: 0` polls once, but tries again for so long where that fails. */
const ONCE_MS = 30_000;
const CANCEL_MS = 3000;
const SIGNAL_MS = 1000;

/** @param {Script} script @param {Played} played @returns {Run} */
function read(script, played) {
  const outputs = [...played.outputFile.matchAll(/^(\w+)<<(\S+)\n(.*?)\n?^\2$/gms)].map(
    ([, name = '', , value = '']) => /** @type {const} */ ([name, value.replace(/\n$/, '')]),
  );
  const text = outputs.findLast(([name]) => name === 'jobs')?.[1] ?? '[]';
  return {
    script,
    played,
    outputs,
    jobs: JSON.parse(text),
    toleranceMs: OWN_MS + 4 * played.lagMs,
  };
}

/** @param {Run} run @param {Recorded['kind']} kind */
const requestsOf = ({ played }, kind) => played.requests.filter((request) => request.kind === kind);
/** @param {Run} run @param {string} id */
const pollsOf = (run, id) => requestsOf(run, 'poll').filter(({ jobId }) => jobId === id);
/** @param {Run} run @param {string} id @param {string} state */
const wasTold = (run, id, state) =>
  pollsOf(run, id).some(({ reply, isWhole }) => isWhole && reply.kind === state);
/** Everything that people and later steps can read. @param {Run} run */
const writtenBy = ({ played: { stdout, stderr, outputFile, summary, jobsFile } }) =>
  [stdout.replace(/^::add-mask::.*\n/gm, ''), stderr, outputFile, summary, jobsFile].join('\n');
/** @param {Run} run */
const annotationsOf = ({ played }) =>
  played.stdout.split('\n').filter((line) => line.startsWith('::error'));
/** How long the wait may last. @param {Script} script */
const longestMs = ({ timeoutMs }) => (timeoutMs === 0 ? ONCE_MS : timeoutMs);
/** When the wait began, as far as the services know. @param {Run} run */
const beginOf = ({ played }) => played.requests[0]?.atMs ?? played.startMs;

/** @type {Readonly<Record<string, (run: Run) => string[]>>} */
export const INVARIANTS = {
  'exit 0 only with evidence for every job': (run) => {
    const { script, played, jobs } = run;
    if (played.exitCode !== 0) return [];
    const all = jobs.length === script.jobs.length ? [] : [`exit 0 with ${jobs.length} jobs`];
    const isProven = (/** @type {JobOutput} */ { requestId, status, reason }) =>
      (status === 'Successful' && wasTold(run, requestId, 'successful')) ||
      (status === 'PartialSuccess' &&
        script.onPartial === 'continue' &&
        wasTold(run, requestId, 'partial')) ||
      (status === 'Pending' && script.onTimeout === 'continue' && reason === 'timed-out');
    return [
      ...all,
      ...jobs.filter((job) => !isProven(job)).map((job) => `exit 0 with ${JSON.stringify(job)}`),
    ];
  },

  'a status is one that the provider has told': (run) =>
    run.jobs
      .filter(
        ({ requestId, status }) =>
          (status === 'Successful' && !wasTold(run, requestId, 'successful')) ||
          (status === 'PartialSuccess' && !wasTold(run, requestId, 'partial')) ||
          (status === 'Failure' &&
            !['failed', 'partial', ...FAILING].some((state) => wasTold(run, requestId, state))),
      )
      .map(({ requestId, status }) => `${requestId} is ${status}, which nobody has said`),

  'ends within the timeout and six seconds': (run) => {
    const { played, script, toleranceMs } = run;
    const tookMs = played.endMs - beginOf(run);
    const mostMs = longestMs(script) + AFTER_TIMEOUT_MS + toleranceMs;
    return tookMs > mostMs ? [`took ${Math.round(tookMs)} ms`] : [];
  },

  'ends within a second of a signal, and not green': (run) => {
    const { signalMs, endMs, exitCode, requests } = run.played;
    if (signalMs === undefined) return [];
    const mayCancel =
      run.script.cancels &&
      run.script.provider === 'http' &&
      requests.some(({ kind }) => kind === 'cancel');
    const tookMs = endMs - signalMs;
    const mostMs = SIGNAL_MS + (mayCancel ? CANCEL_MS : 0) + run.toleranceMs;
    const late = tookMs > mostMs ? [`ended ${Math.round(tookMs)} ms after the signal`] : [];
    // A step that had ended by the time may be green; one that says that it was cancelled may not.
    const isGreen = exitCode === 0 && run.jobs.some(({ reason }) => reason === 'cancelled');
    return isGreen ? [...late, 'green after a signal'] : late;
  },

  'ends by itself, in words': ({ played: { exitCode, stderr, signalMs } }) => [
    // While Node.js ends it listens for signals no more, and one kills it: all has been reported by then.
    ...(exitCode === 0 || exitCode === 1 || (exitCode === null && signalMs !== undefined)
      ? []
      : [`exit code ${exitCode}`]),
    ...(stderr === '' ? [] : [`on standard error: ${stderr.slice(0, 500)}`]),
  ],

  'each output is written once': ({ outputs, script, jobs }) => {
    const names = outputs.map(([name]) => name);
    const twice = names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `${name} is written twice`);
    const missing = OUTPUTS.filter((name) => !names.includes(name)).map(
      (name) => `${name} is missing`,
    );
    const forged = names
      .filter((name) => !OUTPUTS.includes(name))
      .map((name) => `${name} is no output`);
    const count =
      jobs.length === script.jobs.length ? [] : [`${jobs.length} of ${script.jobs.length} jobs`];
    return [...twice, ...missing, ...forged, ...count];
  },

  'no secret is written': (run) => {
    const written = writtenBy(run);
    return run.played.secrets
      .flatMap((secret) => [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64'),
      ])
      .filter((form) => written.includes(form))
      .map((form) => `found ${form}`);
  },

  'every token that is used is masked': ({ played: { stdout, requests, tokens } }) =>
    tokens
      .filter((token) => requests.some((request) => request.token === token))
      .filter((token) => !stdout.includes(`::add-mask::${token}\n`))
      .map((token) => `${token} is not masked`),

  'nobody reads the signature of a report': ({ played: { stdout, stderr, summary } }) =>
    [stdout, stderr, summary].join('\n').includes(SIGNATURE) ? ['it was written'] : [],

  'a response starts no command': ({ played: { stdout, summary } }) => [
    ...stdout
      .split('\n')
      .filter((line) => /^(::(?!add-mask|error|warning|group|endgroup)|##\[)/.test(line)),
    ...(summary.includes('<img') ? ['markup in the summary'] : []),
  ],

  'no poll comes after the end': (run) => {
    const { signalMs = Infinity, endMs } = run.played;
    const { toleranceMs } = run;
    const late = requestsOf(run, 'poll').filter(
      ({ atMs }) => atMs > Math.min(signalMs + toleranceMs, endMs + toleranceMs),
    );
    const settled = run.script.jobs.flatMap(({ id }) => {
      const polls = pollsOf(run, id);
      const first = polls.findIndex(
        ({ reply, isWhole }) => isWhole && ['successful', 'failed'].includes(reply.kind),
      );
      // A link that is refused is asked for once more; floLIVE has pages.
      const mayAsk = requestsOf(run, 'report').some(({ jobId }) => jobId === id) ? 1 : 0;
      const after = first < 0 ? [] : polls.slice(first + 1 + mayAsk);
      return after.map(() => `a poll about ${id} after its end`);
    });
    return [...late.map(({ url }) => `${url} was polled after the end`), ...settled];
  },

  'polls keep their distance': (run) =>
    gapsOf(run, ({ script }) => script.intervalMs, 'the interval'),

  'a pause that the provider asks for is kept': (run) =>
    gapsOf(run, (_, { reply }) => pauseOf(reply), 'the pause'),

  'the last poll falls on the deadline': (run) => {
    const { script, played, toleranceMs } = run;
    if (script.timeoutMs === 0 || played.signalMs !== undefined || script.jobs.length > 10)
      return [];
    const deadlineMs = beginOf(run) + script.timeoutMs;
    return run.jobs
      .filter(({ reason }) => reason === 'timed-out')
      .flatMap(({ requestId }) => {
        const last = pollsOf(run, requestId).at(-1);
        // A response that takes its time may itself last until the deadline.
        if (last === undefined || !last.isWhole || (last.reply.delayMs ?? 0) > 0) return [];
        // A login that fails takes the place of a poll, and is not repeated at once.
        const takesPlace = (/** @type {Recorded} */ { atMs, reply }) =>
          atMs > last.atMs || reply.kind !== 'issued';
        if (requestsOf(run, 'login').some(takesPlace)) return [];
        const earlyMs = deadlineMs - last.atMs;
        return earlyMs > toleranceMs
          ? [`the last poll about ${requestId} came ${Math.round(earlyMs)} ms early`]
          : [];
      });
  },

  'at most ten requests at once': ({ played }) =>
    played.requests
      .filter(({ host, openAtOnce }) => host === 'provider' && openAtOnce > 10)
      .map(({ openAtOnce }) => `${openAtOnce} requests at once`),

  'no credential goes to a second host': ({ played: { requests, secrets } }) =>
    requests
      .filter(({ host }) => host === 'storage')
      .flatMap(({ url, headers }) => {
        const text = JSON.stringify(headers);
        const names = ['authorization', 'cookie', 'appkey', 'x-coreos-access'].filter(
          (name) => name in headers,
        );
        return [...names, ...secrets.filter((secret) => text.includes(secret))].map(
          (what) => `${url} got ${what}`,
        );
      }),

  'a login has a cause': (run) => {
    const logins = requestsOf(run, 'login');
    if (run.script.login === undefined)
      return logins.length > 0 ? ['a login with a token at hand'] : [];
    const refused = logins.filter(({ reply }) => reply.kind === 'refused').length;
    const lifetimeMs = run.script.login.lifetimeMs;
    const expiries = Math.ceil((run.played.endMs - beginOf(run)) / (0.9 * lifetimeMs));
    const causes = [...requestsOf(run, 'poll'), ...requestsOf(run, 'report')].filter(({ reply }) =>
      LOGIN_CAUSES.includes(reply.kind),
    );
    const failed = logins.filter(({ reply }) => reply.kind !== 'issued').length;
    const most = 1 + expiries + causes.length + failed;
    return [
      ...(refused > 3 ? [`${refused} logins that were refused`] : []),
      ...(logins.length > most ? [`${logins.length} logins where ${most} have a cause`] : []),
    ];
  },

  'a job is cancelled only where it is given up, and once': (run) =>
    run.script.jobs.flatMap(({ id }) => {
      const cancels = requestsOf(run, 'cancel').filter(({ jobId }) => jobId === id).length;
      const status = run.jobs.find(({ requestId }) => requestId === id)?.status;
      const isEnded =
        status === 'Successful' || status === 'Failure' || status === 'PartialSuccess';
      return [
        ...(cancels > 1 ? [`${id} was cancelled ${cancels} times`] : []),
        ...(cancels > 0 && isEnded ? [`${id} was cancelled, and is ${status}`] : []),
      ];
    }),

  'no part of a report is left': ({ played, jobs }) => {
    const saved = jobs.flatMap(({ files = [] }) => files.map(({ reportFile }) => reportFile));
    return played.files
      .filter(({ name }) => !saved.some((path) => path.endsWith(name)))
      .map(({ name }) => `${name} was left`);
  },

  'a report has the bytes that were served': ({ played, jobs }) =>
    jobs.flatMap(({ requestId, status, files = [] }) => {
      if (files.length === 0 || status === 'Error') return [];
      return files.flatMap(({ reportFile, bytes, sha256: digest }) => {
        const file = played.files.find(({ name }) => reportFile.endsWith(name));
        if (file === undefined) return [`${requestId}: ${reportFile} is not there`];
        const isOne = VERSIONS.some((version) => version.equals(file.content));
        const isTold = bytes === file.content.length && digest === sha256(file.content);
        return [
          ...(isOne ? [] : [`${requestId}: ${file.content.length} bytes that nobody has served`]),
          ...(isTold ? [] : [`${requestId}: size or digest is wrong`]),
        ];
      });
    }),

  'a job that is successful has its report': ({ script, jobs }) =>
    script.report && ['http', 'unicommerce'].includes(script.provider)
      ? jobs
          .filter(({ status, files = [] }) => status === 'Successful' && files.length === 0)
          .map(({ requestId }) => `${requestId} has none`)
      : [],

  'the output response is that of a poll': (run) => {
    const response = run.outputs.findLast(([name]) => name === 'response')?.[1] ?? '';
    const trace = /trace-of-(\w+)-/.exec(response)?.[1];
    return trace === undefined || trace === 'poll' ? [] : [`it is that of a ${trace}`];
  },

  'a failed step says so, for each job that failed': (run) => {
    const { exitCode } = run.played;
    const annotations = annotationsOf(run);
    const none =
      exitCode === null || (exitCode === 0) === (annotations.length === 0)
        ? []
        : [`exit ${exitCode} with ${annotations.length} annotations`];
    const text = annotations.join('\n');
    const unsaid = HAS_MESSAGES.includes(run.script.provider)
      ? run.jobs.filter(
          ({ requestId, status }) =>
            status === 'Failure' &&
            wasTold(run, requestId, 'failed') &&
            !text.includes(messageOf(requestId)),
        )
      : [];
    return [
      ...none,
      ...unsaid.map(({ requestId }) => `no annotation has the message of ${requestId}`),
    ];
  },
};

/** Faults that may mean that the job has failed: an error that the provider gives instead of a status. */
const FAILING = ['unknown id', 'success in 404'];
/** What may make a new login help. */
const LOGIN_CAUSES = [
  'http 401',
  'http 403',
  'http 400',
  'token rejected',
  'html',
  'success in html',
  'redirect',
];

/** @param {import('./script.js').Reply} reply */
function pauseOf({ pause = {}, kind }) {
  if (kind === 'reset' || kind === 'silent') return 0;
  const ms = Number(pause['retry-after-ms']);
  if (ms >= 0) return ms;
  const seconds = Number(pause['retry-after']);
  if (seconds >= 0) return seconds * 1000;
  const reset = Number(pause['x-ratelimit-reset']);
  return reset >= 0 && kind === 'http 429' ? reset * 1000 : 0;
}

/**
 * Polls about a job that come sooner after the one before than they may.
 *
 * @param {Run} run
 * @param {(run: Run, before: Recorded) => number} leastMs
 * @param {string} what
 */
function gapsOf(run, leastMs, what) {
  const { script, played } = run;
  const TIMER_MS = 5;
  const deadlineMs = beginOf(run) + longestMs(script);
  const others = [...requestsOf(run, 'login'), ...requestsOf(run, 'report')];
  return script.jobs.flatMap(({ id }) => {
    const polls = pollsOf(run, id);
    return polls.flatMap((poll, index) => {
      const before = polls[index - 1];
      // A poll with a new token, for a fresh link or for a further page belongs to the one before.
      if (before === undefined || /[?&]page=/.test(poll.url)) return [];
      if (others.some(({ atMs }) => atMs >= before.atMs && atMs <= poll.atMs)) return [];
      if (before.token !== poll.token) return [];
      const gapMs = poll.atMs - Math.min(before.endMs, poll.atMs);
      const mayMs = Math.min(leastMs(run, before), deadlineMs - before.endMs - OWN_MS);
      const isLast = poll.atMs > deadlineMs - script.intervalMs - OWN_MS;
      return gapMs + TIMER_MS + played.lagMs < mayMs && !isLast
        ? [
            `${Math.round(gapMs)} ms between polls about ${id}, where ${what} is ${Math.round(mayMs)} ms`,
          ]
        : [];
    });
  });
}

/**
 * What of the invariants does not hold.
 *
 * @param {Script} script @param {Played} played @returns {{ invariant: string, what: string }[]}
 */
export function violations(script, played) {
  const run = read(script, played);
  return Object.entries(INVARIANTS).flatMap(([invariant, check]) =>
    check(run).map((what) => ({ invariant, what })),
  );
}
