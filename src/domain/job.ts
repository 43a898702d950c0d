/** How a job stands when the wait for it is over. */
export type JobStatus = 'Successful' | 'PartialSuccess' | 'Failure' | 'Pending' | 'Error';

/** Why a wait ended as it did; empty on success. */
export type Reason =
  | ''
  | 'job-failed'
  | 'partial-success'
  | 'timed-out'
  | 'cancelled'
  | 'rejected'
  | 'not-found'
  | 'unreachable'
  | 'bad-response'
  | 'unknown-status'
  | 'stuck-in-queue'
  | 'start-unknown'
  | 'download-failed'
  | 'bad-input';

/** What went wrong, as far as there is advice for it; a reason is only what a workflow can branch on. */
export type Problem =
  | 'bad-request'
  | 'certificate-untrusted'
  | 'connection-closed'
  | 'connection-refused'
  | 'conflict'
  | 'host-unknown'
  | 'html-page'
  | 'link-expired'
  | 'login-refused'
  | 'not-allowed'
  | 'not-json'
  | 'no-response'
  | 'partial-success'
  | 'proxy-credentials'
  | 'proxy-refused'
  | 'proxy-unreachable'
  | 'rate-limited'
  | 'redirected'
  | 'server-error'
  | 'start-unknown'
  | 'timed-out'
  | 'token-rejected'
  | 'unknown-id'
  | 'unknown-status'
  | 'wrong-method'
  | 'wrong-type';

/** What a provider's status means; `unknown` is a status that nobody has classified. */
export type JobState = 'pending' | 'unknown' | 'successful' | 'partial' | 'failed';

/** Whether a state is one that a job does not leave. */
export const isSettled = (state: JobState): boolean => state !== 'pending' && state !== 'unknown';

/** What one useful response says about one job. */
export interface Observation {
  readonly state: JobState;
  /** The provider's own status; empty where the response carries none. */
  readonly providerStatus: string;
  /** The statuses in `providerStatus` that nobody has classified, where it holds several. */
  readonly unknownStatuses?: readonly string[];
  readonly batchId?: string;
  /** The provider's link or path to the report. */
  readonly filePath?: string;
  /** Where there are several links. */
  readonly filePaths?: readonly string[];
  /** The provider's message, its errors joined. */
  readonly message?: string;
  /** What the log shows beside the status, such as a tracking id. */
  readonly note?: string;
  /** A page where a person can look at the job. */
  readonly link?: string;
  /** How far the job is: a number, a share, a phase. */
  readonly progress?: string;
  /** What to do about a failure that the response does not explain. */
  readonly hint?: string;
  /** Something odd about the response that is worth one warning per job. */
  readonly warning?: string;
  /** Whether this settles the job only after a grace period: the link may come a moment after the status. */
  readonly needsGrace?: boolean;
  /** Where the next poll goes, where the provider has named another URL than the one that was polled. */
  readonly nextPollUrl?: URL;
}

/** When a job was first seen in a state that differs from the one before. */
export interface Change {
  /** Since the wait began. */
  readonly elapsedMs: number;
  readonly state: JobState;
  readonly providerStatus: string;
}

/** A report on the disk. */
export interface ReportFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** How the wait for one job ended. */
export interface Outcome {
  readonly requestId: string;
  readonly status: JobStatus;
  readonly reason: Reason;
  readonly providerStatus: string;
  readonly batchId: string;
  readonly filePath: string;
  /** The provider's message, or why the status could not be read. */
  readonly message: string;
  readonly timedOut: boolean;
  /** How many times this job was polled. */
  readonly polls: number;
  /** From the beginning of the wait until this was known; a download comes on top. */
  readonly elapsedMs: number;
  /** The states in which the job was seen, the last one included. */
  readonly changes: readonly Change[];
  /** What went wrong, where there is advice for it. */
  readonly problem?: Problem | undefined;
  /** Advice that fits this outcome alone. */
  readonly hint?: string | undefined;
  /** A page where a person can look at the job; empty where none is known. */
  readonly link: string;
  /** The links, where the provider names several; `filePath` has them joined. */
  readonly filePaths?: readonly string[];
  /** The downloaded reports, in the order of their links. */
  readonly reportFiles?: readonly ReportFile[];
}

/** What an outcome has from the last observation of its job; empty texts where there was none. */
export function observedFields({
  providerStatus = '',
  batchId = '',
  filePath = '',
  filePaths,
  link = '',
}: Partial<Observation> = {}) {
  return { providerStatus, batchId, filePath, link, ...(filePaths && { filePaths }) };
}

/** Worst first: what several jobs amount to is the worst of them. */
const SEVERITY: readonly JobStatus[] = [
  'Error',
  'Failure',
  'PartialSuccess',
  'Pending',
  'Successful',
];

/** For sorting: the worst first. */
export const bySeverity = (a: Outcome, b: Outcome): number =>
  SEVERITY.indexOf(a.status) - SEVERITY.indexOf(b.status);

/** The outcome that speaks for all of them; the earlier one where two are equally bad. */
export function worstOf(outcomes: readonly Outcome[]): Outcome | undefined {
  return outcomes.toSorted(bySeverity)[0];
}
