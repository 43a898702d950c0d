import { randomUUID } from 'node:crypto';
import { PermanentError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { JobState, Observation } from '../domain/job.ts';
import {
  errorMessage,
  isObject,
  joinErrors,
  type Json,
  secondsToMs,
  toNumber,
  toText,
  withKnownKeys,
} from './json.ts';
import { missing, readJson, fieldOf } from './response.ts';
import { readToken } from './token.ts';
import { findContradiction } from './contradiction.ts';
import type { ProviderDefinition } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, COMMON_STATUS_WORDS, type StatusWords } from './status-words.ts';

/**
 * The Participant service of Delhivery's OS1:
 * `GET core/api/v2/participants/{participantTypePluralName}/batch/status?batchId=`, see
 * https://docs.getos1.com/reference/kEIP-get-the-status-of-batch-request
 */
export const os1: ProviderDefinition = {
  title: 'Delhivery OS1',
  hasReports: () => false,
  requiredInputs: ['tenant-id', 'participant-type'],
  loginInputs: ['client-id', 'client-secret'],
  optionalInputs: ['token-url', 'audience'],
  create: ({ baseUrl, tokenUrl, tenantId, participantType, statusWords, ...settings }) => ({
    credentials: (token) => ({
      'X-COREOS-ACCESS': token,
      'X-COREOS-TID': tenantId,
      'X-COREOS-REQUEST-ID': randomUUID(),
    }),
    // As the sister services respond to a new batch, see the link at `logIn`.
    startedId: (response) => fieldOf(response, 'batchId') || fieldOf(response, 'id'),
    judge: (response, id) => ({ batchId: id, ...observe(response, statusWords) }),
    poll: async (id, send) => {
      const plural = encodeURIComponent(participantType);
      const url = new URL(`${baseUrl}/core/api/v2/participants/${plural}/batch/status`);
      url.searchParams.set('batchId', id);
      const response = await send({ method: 'GET', url });
      return { batchId: id, ...observe(response, statusWords) };
    },
    // https://github.com/OS1-logistics/container-reference-app, internal/pkg/domain/aaa/api/openapi.yaml
    logIn: async (send) => {
      const { clientId, clientSecret, audience } = settings;
      const url = new URL(tokenUrl || `${baseUrl}/core/api/v1/aaa/auth/client-credentials`);
      const body = { clientId, clientSecret, ...(audience === '' ? {} : { audience }) };
      const headers = { 'X-COREOS-REQUEST-ID': randomUUID(), 'X-COREOS-TID': tenantId };
      return readToken(await send(jsonRequest(url, body, headers)), findToken, explain);
    },
  }),
};

/** The documented keys, which are found whatever their case. */
const KEYS = [
  ...['data', 'meta', 'status', 'success', 'failed', 'total', 'errors', 'refID', 'reason'],
  ...['successCount', 'failureCount', 'totalCount', 'failureDetails'],
  ...['error', 'code', 'description', 'message'],
];

/** Common statuses without the pending ones, which only keep the log quiet. */
const FINAL_STATUS_WORDS: StatusWords = { ...COMMON_STATUS_WORDS, pending: [] };

const findToken = ({ data }: Json) =>
  isObject(data) ? { value: data.accessToken, lifetimeMs: secondsToMs(data.expiresIn) } : {};

function observe(response: HttpResponse, customWords: StatusWords): Observation {
  const body = withKnownKeys(readJson(response, explain), KEYS);
  if (isObject(body) && (isObject(body.error) || toText(body.error) !== '')) {
    throw new PermanentError(`OS1 responded with an error: ${explain(body)}`, 'bad-response');
  }
  if (!isObject(body) || !isObject(body.data)) throw missing('data', response);
  const { data } = body;

  // The schema is not published for participants; these are the two that its sister services show.
  const meta: Json = isObject(data.meta) ? data.meta : {};
  const ownStatus = toText(meta.status);
  const status = ownStatus || toText(data.status);
  const other = ownStatus && toText(data.status);
  const errors = [...listErrors(data.errors), ...listErrors(data.failureDetails)];
  const counts: Counts = {
    success: toNumber(meta.success ?? data.successCount ?? data.success),
    failed: toNumber(meta.failed ?? data.failureCount ?? data.failed),
    total: toNumber(meta.total ?? data.totalCount ?? data.total),
  };

  const byStatus = status === '' ? undefined : classify(status, customWords, COMMON_STATUS_WORDS);
  // A status that is pending only by our guess does not outweigh finished counts.
  const certain = classify(status, customWords, FINAL_STATUS_WORDS);
  const known = certain === 'unknown' ? undefined : certain;
  const progress = describeCounts(counts);
  const observed = { providerStatus: status, message: describeErrors(errors), progress };
  const state = known ?? judgeCounts(counts) ?? byStatus;
  if (state === 'successful') {
    const otherState = classify(other, customWords, COMMON_STATUS_WORDS);
    refuseContradiction(body, { data, status, other, otherState, message: observed.message });
    if (otherState === 'pending') return { ...observed, state: 'pending', note: `also “${other}”` };
    return { ...observed, state, ...contradictSuccess(status, counts, errors) };
  }
  if (state !== undefined) return { ...observed, state };
  const warning = 'the response holds neither a status nor finished counts; taken as pending';
  return { ...observed, state: 'pending', warning };
}

/** What a response says beside its status. */
interface Beside {
  readonly data: Json;
  readonly status: string;
  /** The second status, which some responses have, and its meaning. */
  readonly other: string;
  readonly otherState: JobState;
  readonly message: string;
}

/** @throws PermanentError where a response that says success says something else too */
function refuseContradiction(
  body: Json,
  { data, status, other, otherState, message }: Beside,
): void {
  // In the flat shape `success` is a count.
  const { success, ...fields } = data;
  const flags = toNumber(success) === undefined ? data : fields;
  const key = findContradiction(body) ?? findContradiction({ ...flags, errors: [] });
  const isOtherwise = otherState === 'failed' || otherState === 'partial';
  if (key === undefined && !isOtherwise) return;
  const what = key === undefined ? `“${other}”` : `\`${key}\``;
  const text = `${status === '' ? 'success by its counts' : `status “${status}”`} contradicts ${what} in the same response`;
  throw new PermanentError([text, message].filter(Boolean).join('; '), 'bad-response');
}

interface Counts {
  readonly success: number | undefined;
  readonly failed: number | undefined;
  readonly total: number | undefined;
}

function describeCounts({ success = 0, failed = 0, total }: Counts): string {
  return total === undefined ? '' : `${success + failed} of ${total} done, ${failed} failed`;
}

/** What the counts and errors say against a status that means success; nothing where they agree. */
function contradictSuccess(
  status: string,
  { success = 0, failed = 0, total = 0 }: Counts,
  errors: readonly Json[],
): Partial<Observation> {
  const failures = Math.max(failed, errors.length);
  if (failures > 0) {
    const text = `${status === '' ? 'success' : `status “${status}”`} contradicts the counts: ${failures} failed`;
    const message = [text, describeErrors(errors)].filter(Boolean).join('; ');
    return { state: success > 0 ? 'partial' : 'failed', message };
  }
  if (success >= total) return {};
  const warning = `status “${status}” contradicts the counts: ${success} of ${total} have ended; taken as pending`;
  return { state: 'pending', warning };
}

/** The state of the batch once each of its members has ended, else undefined. */
function judgeCounts({ success, failed, total }: Counts): JobState | undefined {
  if (success === undefined || failed === undefined || total === undefined) return undefined;
  if (total <= 0 || success + failed < total) return undefined;
  if (failed === 0) return 'successful';
  return success === 0 ? 'failed' : 'partial';
}

/** The errors of a batch as objects; some are texts, or one alone. */
function listErrors(errors: unknown): readonly Json[] {
  const list: readonly unknown[] = Array.isArray(errors) ? errors : [errors];
  return list
    .map((error): Json => (isObject(error) ? error : { reason: toText(error) }))
    .filter((error) => Object.values(error).some((value) => value !== '' && value !== null));
}

function describeErrors(errors: readonly Json[]): string {
  return joinErrors(errors, (error) =>
    [toText(error.refID), errorMessage(error, 'reason')].filter(Boolean).join(': '),
  );
}

/** The documented envelope has `description`; the gateway in front of it writes `message`. */
function explain(body: Json): string {
  const error: Json = isObject(body.error) ? body.error : {};
  const text = toText(error.description) || toText(error.message) || toText(body.error);
  return [toText(error.code), text].filter(Boolean).join(': ');
}
