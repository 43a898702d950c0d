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
  | 'bad-input';

/** What a vendor's word means; `unknown` is a word that nobody has classified. */
export type JobState = 'pending' | 'unknown' | 'successful' | 'partial' | 'failed';

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
  readonly elapsedMs: number;
}

/** Worst first: what several jobs amount to is the worst of them. */
const SEVERITY: readonly JobStatus[] = [
  'Error',
  'Failure',
  'PartialSuccess',
  'Pending',
  'Successful',
];

/** The outcome that speaks for all of them; the earlier one where two are equally bad. */
export function worstOf(outcomes: readonly Outcome[]): Outcome | undefined {
  return outcomes.toSorted((a, b) => SEVERITY.indexOf(a.status) - SEVERITY.indexOf(b.status))[0];
}
