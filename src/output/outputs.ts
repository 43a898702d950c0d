import { worstOf, type Outcome } from '../domain/job.ts';
import type { WaitResult } from '../wait/wait.ts';
import type { Sanitizer } from '../text/sanitizer.ts';

/** Most of a response that the output `response` holds. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Most that the output `jobs` holds: GitHub takes 1 MiB for all outputs of a job together. */
const MAX_JOBS_BYTES = 800_000;
/** To these lengths messages are cut, one after the other, until all fit. */
const SHORTER_MESSAGES = [2048, 512, 128, 0];
/** Most of any other text in an output. */
const MAX_LINE_LENGTH = 8 * 1024;

/** What later steps get. */
interface Outputs {
  /** Every output of action.yml but `jobsFile`; with several jobs the single values hold one line per job. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The JSON of all jobs with whole messages, for the file. */
  readonly allJobs: string;
  /** What was cut to fit, as a sentence; '' where nothing was. */
  readonly note: string;
}

export function toOutputs({ outcomes, response }: WaitResult, sanitizer: Sanitizer): Outputs {
  const worst = worstOf(outcomes);
  const all = outcomes.map((outcome) => toJobOutput(outcome, sanitizer));
  const allJobs = JSON.stringify(all);
  const { jobs, note } = fitJobs(all, allJobs);
  const lines = (
    name: 'requestId' | 'batchId' | 'filePath' | 'link' | 'providerStatus' | 'message',
  ) => jobs.map((job) => job[name] ?? '').join('\n');
  // A job with several files has several lines; one without a file has an empty line.
  const files = jobs.flatMap((job): readonly FileLine[] => job.files ?? [NO_FILE]);
  const fileLines = (name: keyof FileLine) => files.map((file) => file[name]).join('\n');
  const outputs = {
    requestId: lines('requestId'),
    status: worst?.status ?? 'Error',
    batchId: lines('batchId'),
    filePath: lines('filePath'),
    link: lines('link'),
    providerStatus: lines('providerStatus'),
    message: lines('message'),
    reason: worst?.reason ?? '',
    timedOut: String(outcomes.some(({ timedOut }) => timedOut)),
    reportFile: fileLines('reportFile'),
    reportBytes: fileLines('bytes'),
    reportSha256: fileLines('sha256'),
    jobs: JSON.stringify(jobs),
    response: cut(sanitizer.body(response)),
  };
  return { outputs, allJobs, note };
}

type JobOutput = ReturnType<typeof toJobOutput>;

/** Shortens messages, then leaves out the last jobs, until the output `jobs` has a size that GitHub takes. */
function fitJobs(
  all: readonly JobOutput[],
  allJobs: string,
): {
  readonly jobs: readonly JobOutput[];
  readonly note: string;
} {
  if (Buffer.byteLength(allJobs) <= MAX_JOBS_BYTES) return { jobs: all, note: '' };
  const sizeOf = (jobs: readonly JobOutput[]) => Buffer.byteLength(JSON.stringify(jobs));
  const shortest = all.map((job) => ({ ...job, message: '' }));
  const lengths = sizeOf(shortest) > MAX_JOBS_BYTES ? [] : SHORTER_MESSAGES;
  for (const length of lengths) {
    const jobs = all.map((job) => ({ ...job, message: shorten(job.message, length) }));
    if (sizeOf(jobs) > MAX_JOBS_BYTES) continue;
    return {
      jobs,
      note: `Messages in the outputs are cut at ${length} characters; jobsFile has them whole`,
    };
  }
  let [bytes, count] = [2, 0];
  for (const job of shortest) {
    bytes += Buffer.byteLength(JSON.stringify(job)) + 1;
    if (bytes > MAX_JOBS_BYTES) break;
    count += 1;
  }
  const note = `The outputs hold only the first ${count} of ${all.length} jobs, without messages; jobsFile has them all`;
  return { jobs: shortest.slice(0, count), note };
}

/** A message, which is harmless already, with how long it was where it is cut. */
function shorten(message: string, length: number): string {
  if (length === 0 || message.length <= length) return length === 0 ? '' : message;
  const start = message.slice(0, length).toWellFormed().trimEnd();
  return `${start}… (${message.length.toLocaleString('en')} characters)`;
}

/** One line of each output about files. */
interface FileLine {
  readonly reportFile: string;
  readonly bytes: number | '';
  readonly sha256: string;
}

const NO_FILE: FileLine = { reportFile: '', bytes: '', sha256: '' };

/** One object of the output `jobs`. */
function toJobOutput(outcome: Outcome, sanitizer: Sanitizer) {
  const { reportFiles = [], filePaths = [outcome.filePath] } = outcome;
  const files = reportFiles.map(({ path, bytes, sha256 }, index) => ({
    filePath: sanitizer.link(filePaths[index] ?? ''),
    reportFile: path,
    bytes,
    sha256,
  }));
  return {
    requestId: sanitizer.link(outcome.requestId),
    status: outcome.status,
    reason: outcome.reason,
    providerStatus: sanitizer.line(outcome.providerStatus, MAX_LINE_LENGTH),
    batchId: sanitizer.link(outcome.batchId),
    filePath: sanitizer.link(outcome.filePath),
    message: sanitizer.line(outcome.message, MAX_LINE_LENGTH),
    timedOut: outcome.timedOut,
    polls: outcome.polls,
    elapsedSeconds: Math.round(outcome.elapsedMs / 100) / 10,
    reportFile: files[0]?.reportFile ?? '',
    ...(outcome.link !== '' && { link: sanitizer.link(outcome.link) }),
    // Only where reports were downloaded.
    ...(files.length > 0 && { files }),
  };
}

/** Cuts text to what `response` may hold, between two characters. */
const cut = (text: string): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_RESPONSE_BYTES), { stream: true });
