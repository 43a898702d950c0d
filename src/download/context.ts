import type { Clock } from '../domain/clock.ts';
import type { Headers } from '../http/headers.ts';
import type { Transport } from '../http/transport.ts';
import type { Session } from '../session/session.ts';
import type { Schedule } from '../wait/schedule.ts';
import type { Destination } from './destination.ts';

/** What a download reports while it goes on. */
export type DownloadEvent =
  | {
      kind: 'downloading';
      requestId: string;
      bytes: number;
      totalBytes: number | undefined;
      bytesPerSecond: number;
    }
  | { kind: 'download-retry'; requestId: string; message: string; pauseMs: number };

/** What a download takes from outside. */
export interface DownloadContext {
  readonly session: Pick<Session, 'access' | 'poll'>;
  /** To the provider's own host, and to any other. */
  readonly transports: { readonly provider: Transport; readonly others: Transport };
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DownloadEvent) => void;
  /** Takes secrets out of the name that a server gives a file. */
  readonly redact: (text: string) => string;
}

/** What the workflow says about downloads. */
export interface DownloadSettings extends Schedule {
  /** Where reports are saved; undefined where none is wanted. */
  readonly destination: Destination | undefined;
  /** Whether a finished job names a report. */
  readonly hasReports: boolean;
  /** How long the wait may last in all; a download without progress is given up no later than that. */
  readonly timeoutMs: number;
  /** Root of the provider's service: the one host that gets the credentials. */
  readonly baseUrl: string;
  /** Headers for the report alone. */
  readonly reportHeaders: Headers;
  readonly minReportBytes: number;
  readonly maxReportBytes: number;
}
