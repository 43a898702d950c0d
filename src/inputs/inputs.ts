import type { Policy } from '../domain/policy.ts';
import type { DownloadSettings } from '../download/context.ts';
import type { Destination } from '../download/destination.ts';
import type { AwsSigning } from '../providers/aws-signing.ts';
import type { LoginMethod } from '../providers/login-method.ts';
import type { ProviderDefinition, ProviderSettings, StartSettings } from '../providers/provider.ts';
import type { WaitSettings } from '../wait/wait.ts';
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
  /** The request that starts the job, whose id is not known yet; undefined where `requestIds` are given. */
  readonly start: StartSettings | undefined;
  /** The token that was given, '' where none is needed, undefined where a login has to get one. */
  readonly token: string | undefined;
  /** A login by a signed assertion or the workflow's OIDC token; undefined for the provider's own. */
  readonly login: LoginMethod | undefined;
  /** What signs each request, where AWS is asked; it goes without a token. */
  readonly aws: AwsSigning | undefined;
  /** Whether everything is there that the login needs. */
  readonly canLogIn: boolean;
  readonly secureContexts: SecureContexts;
  /** Where the report is saved, if it is. */
  readonly destination: Destination | undefined;
  /** Whether a finished job names a report. */
  readonly hasReports: boolean;
  /** Headers for the report alone, and bounds of its size. */
  readonly reportLimits: ReportLimits;
  readonly settings: ProviderSettings;
  /** What the workflow takes for statuses in which a job has not begun. */
  readonly queuedStatuses: readonly string[];
  /** Names of inputs that were given and that the provider does not read. */
  readonly unusedInputs: readonly string[];
}
