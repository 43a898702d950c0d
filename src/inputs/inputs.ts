import type { Policy } from '../domain/policy.ts';
import type { DownloadSettings } from '../download/context.ts';
import type { Destination } from '../download/destination.ts';
import type { ProviderDefinition, ProviderSettings } from '../providers/provider.ts';
import type { WaitSettings } from '../wait/wait-for-jobs.ts';
import type { SecureContexts } from './certificates.ts';

export type ReportLimits = Pick<
  DownloadSettings,
  'reportHeaders' | 'minReportBytes' | 'maxReportBytes'
>;

/** The inputs of one step, checked. */
export interface Inputs extends WaitSettings, Policy {
  readonly provider: ProviderDefinition;
  /** Without blanks and duplicates, in the order given. */
  readonly requestIds: readonly string[];
  /** The token that was given, '' where none is needed, undefined where a login has to get one. */
  readonly token: string | undefined;
  /** Whether everything is there that the provider's login needs. */
  readonly canLogIn: boolean;
  readonly secureContexts: SecureContexts;
  /** Where the report is saved, if it is. */
  readonly destination: Destination | undefined;
  /** Whether a finished job names a report. */
  readonly hasReports: boolean;
  /** Headers for the report alone, and bounds of its size. */
  readonly reportLimits: ReportLimits;
  readonly settings: ProviderSettings;
}
