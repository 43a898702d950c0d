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
  | 'bad-answer'
  | 'unknown-status'
  | 'download-failed'
  | 'bad-input';

/** What a vendor's word means; `unknown` is a word that nobody has classified. */
export type JobState = 'pending' | 'unknown' | 'successful' | 'partial' | 'failed';

/** Whether a state is one that a job does not leave. */
export const isSettled = (state: JobState): boolean => state !== 'pending' && state !== 'unknown';

/** What one useful answer of a vendor says about one job. */
export interface Observation {
  readonly state: JobState;
  /** The vendor's own word; empty where the answer carries none. */
  readonly providerStatus: string;
  /** The words in `providerStatus` that nobody has classified, where it holds several. */
  readonly unknownWords?: readonly string[];
  readonly batchId?: string;
  /** The vendor's link or path to the report. */
  readonly filePath?: string;
  /** The vendor's message, its errors joined. */
  readonly message?: string;
  /** What the log should say beside the word, such as a tracking id. */
  readonly note?: string;
  /** Something odd about the answer that is worth one warning a job. */
  readonly warning?: string;
  /** The answer settles the job only when it was seen so many times in a row; 1 if left out. */
  readonly confirmations?: number;
}

/** When a job was first seen in a state that differs from the one before. */
export interface Change {
  /** Since the wait began. */
  readonly elapsedMs: number;
  readonly state: JobState;
  readonly providerStatus: string;
}

/** The end of the wait for one job. */
export interface Outcome {
  readonly requestId: string;
  readonly status: JobStatus;
  readonly reason: Reason;
  readonly providerStatus: string;
  readonly batchId: string;
  readonly filePath: string;
  /** The vendor's message, or what kept us from learning the status. */
  readonly message: string;
  readonly timedOut: boolean;
  /** How many times the vendor was asked about this job. */
  readonly polls: number;
  /** From the beginning of the wait until this was known; a download comes on top. */
  readonly elapsedMs: number;
  /** The states in which the job was seen, the last one included. */
  readonly changes: readonly Change[];
  /** The downloaded report. */
  readonly report?: { readonly file: string; readonly bytes: number };
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
