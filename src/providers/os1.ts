import { randomUUID } from 'node:crypto';
import { PermanentFault } from '../domain/errors.ts';
import type { Answer } from '../http/transport.ts';
import type { JobState, Observation } from '../domain/job.ts';
import {
  errorText,
  secondsOf,
  numberOf,
  isObject,
  jsonOf,
  tokenOf,
  objectsIn,
  textOf,
  unexpected,
  type Json,
} from './response.ts';
import type { Vendor } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, COMMON_WORDS, type Words } from './status-words.ts';

/**
 * The Participant service of Delhivery's OS1:
 * `GET core/api/v2/participants/{participantTypePluralName}/batch/status?batchId=`, see
 * https://docs.getos1.com/reference/kEIP-get-the-status-of-batch-request
 */
export const os1: Vendor = {
  title: 'Delhivery OS1',
  hasReports: () => false,
  needs: ['tenant-id', 'participant-type'],
  logInNeeds: ['client-id', 'client-secret'],
  create: ({ baseUrl, tokenUrl, tenantId, participantType, words, ...settings }) => ({
    credentials: (token) => ({ 'X-COREOS-ACCESS': token, 'X-COREOS-TID': tenantId }),
    ask: async (id, send) => {
      const plural = encodeURIComponent(participantType);
      const url = new URL(`${baseUrl}/core/api/v2/participants/${plural}/batch/status`);
      url.searchParams.set('batchId', id);
      const answer = await send({
        method: 'GET',
        url,
        headers: { 'X-COREOS-REQUEST-ID': randomUUID() },
      });
      return { batchId: id, ...observe(answer, words) };
    },
    // https://github.com/OS1-logistics/container-reference-app, internal/pkg/domain/aaa/api/openapi.yaml
    logIn: async (send) => {
      const { clientId, clientSecret, audience } = settings;
      const url = new URL(tokenUrl || `${baseUrl}/core/api/v1/aaa/auth/client-credentials`);
      const body = { clientId, clientSecret, ...(audience === '' ? {} : { audience }) };
      const headers = { 'X-COREOS-REQUEST-ID': randomUUID(), 'X-COREOS-TID': tenantId };
      return tokenOf(await send(jsonRequest(url, body, headers)), issued, explain);
    },
  }),
};

/** Common words without those that only keep the log quiet. */
const FINAL_WORDS: Words = { ...COMMON_WORDS, pending: [] };

const issued = ({ data }: Json) =>
  isObject(data) ? { value: data.accessToken, lifetimeMs: secondsOf(data.expiresIn) } : {};

function observe(answer: Answer, extraWords: Words): Observation {
  const body = jsonOf(answer, explain);
  if (isObject(body) && isObject(body.error)) {
    throw new PermanentFault(`OS1 answered with an error: ${explain(body)}`, 'bad-answer');
  }
  if (!isObject(body) || !isObject(body.data)) throw unexpected('data', answer);
  const { data } = body;

  // The schema is not published for participants; these are the two that its sister services show.
  const meta: Json = isObject(data.meta) ? data.meta : {};
  const word = textOf(meta.status) || textOf(data.status);
  const counts = countsOf(
    numberOf(meta.success ?? data.successCount),
    numberOf(meta.failed ?? data.failureCount),
    numberOf(meta.total ?? data.totalCount),
  );

  const byWord = word === '' ? undefined : classify(word, extraWords, COMMON_WORDS);
  // A word that is pending by our guess alone does not outweigh finished counts.
  const told = word === '' ? 'unknown' : classify(word, extraWords, FINAL_WORDS);
  const known = told === 'unknown' ? undefined : told;
  const seen = {
    providerStatus: word,
    message: errorsOf(data.errors ?? data.failureDetails),
  };
  const state = known ?? counts ?? byWord;
  if (state !== undefined) return { ...seen, state };
  const warning = 'the answer holds neither a status nor finished counts; taken as pending';
  return { ...seen, state: 'pending', warning };
}

/** What the counts say once every member of the batch has an end, else nothing. */
function countsOf(
  success: number | undefined,
  failed: number | undefined,
  total: number | undefined,
): JobState | undefined {
  if (success === undefined || failed === undefined || total === undefined) return undefined;
  if (total <= 0 || success + failed < total) return undefined;
  if (failed === 0) return 'successful';
  return success === 0 ? 'failed' : 'partial';
}

function errorsOf(errors: unknown): string {
  return objectsIn(errors)
    .map((error) => [textOf(error.refID), errorText(error, 'reason')].filter(Boolean).join(': '))
    .join('; ');
}

/** The documented envelope has `description`; the gateway in front of it writes `message`. */
function explain(body: Json): string {
  const error: Json = isObject(body.error) ? body.error : {};
  const text = textOf(error.description) || textOf(error.message);
  return [textOf(error.code), text].filter(Boolean).join(': ');
}
