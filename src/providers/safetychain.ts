import { CredentialsRejected, NOT_FOUND_CONFIRMATIONS, PermanentFault } from '../domain/errors.ts';
import type { Answer } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import {
  errorText,
  explainOauth,
  isObject,
  oauthTokenOf,
  jsonOf,
  textOf,
  unexpected,
  type Json,
} from './response.ts';
import type { Vendor } from './provider.ts';
import { formRequest, jsonRequest } from './requests.ts';
import { classify, type Words } from './status-words.ts';

/** Documented words, https://developers.safetychain.com/reference/request-status */
const WORDS: Words = {
  pending: ['AwaitingProcess', 'Pending', 'Inprocess'],
  successful: ['Successful'],
  partial: ['PartialSuccess'],
  failed: ['Failure'],
};

/**
 * SafetyChain's integration API: `POST api/integration/GetBatchStatus`, see
 * https://developers.safetychain.com/reference/request-status
 */
export const safetychain: Vendor = {
  title: 'SafetyChain',
  hasReports: () => false,
  needs: [],
  logInNeeds: ['username', 'password', 'tenant-id', 'token-url'],
  create: ({ baseUrl, tokenUrl, tenantId, username, password, words }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}` }),
    ask: async (id, send) => {
      const url = new URL(`${baseUrl}/api/integration/GetBatchStatus`);
      const answer = await send(jsonRequest(url, { RequestId: id }));
      return observe(id, answer, words);
    },
    // The fields are documented, https://developers.safetychain.com/reference/gettoken; that they are
    // posted, and that the answer is the usual one of OAuth, is inferred from their names.
    logIn: async (send) =>
      oauthTokenOf(
        await send(
          formRequest(tokenUrl, {
            grant_type: 'password',
            acr_values: `tenant:${tenantId}`,
            username,
            password,
          }),
        ),
      ),
  }),
};

function observe(id: string, answer: Answer, extraWords: Words): Observation {
  const body = jsonOf(answer, explain);
  // One answer may speak of several requests, in an array or a `Data` envelope (shape assumed); what
  // is wrong with the envelope is wrong with all in it.
  const envelope: Json = isObject(body) ? body : {};
  const content = envelope.Data ?? body;
  const entry = Array.isArray(content) ? entryFor(id, content) : content;
  const [outer, inner]: [Json, Json] = [envelope, isObject(entry) ? entry : {}];

  const errors = [...new Set([...errorsOf(outer), ...errorsOf(inner)])];
  // The page names this error as the sign that the session, not the request, has run out.
  if (errors.includes('Login Timeout')) {
    throw new CredentialsRejected('SafetyChain says “Login Timeout”');
  }
  const word = textOf(inner.RequestStatus);
  const state = word === '' ? undefined : classify(word, extraWords, WORDS);
  const seen = { providerStatus: word, batchId: idOf(inner), message: errors.join('; ') };
  if (errors.length > 0) return { ...seen, state: state === 'partial' ? 'partial' : 'failed' };
  if (outer.Status === false || inner.Status === false) {
    const text = 'SafetyChain does not know this RequestId (Status is false)';
    throw new PermanentFault(text, 'not-found');
  }
  if (entry === undefined) {
    const text = 'SafetyChain’s answer does not mention this RequestId';
    throw new PermanentFault(text, 'not-found', { confirmations: NOT_FOUND_CONFIRMATIONS });
  }
  if (state !== undefined) return { ...seen, state };
  if (inner.Status !== true) throw unexpected('RequestStatus', answer);
  const warning = 'the answer names no RequestStatus; taken as pending';
  return { ...seen, state: 'pending', warning };
}

const entryFor = (id: string, list: readonly unknown[]): Json | undefined =>
  list.filter(isObject).find((one) => sameId(idOf(one), id));

const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The tables of the documentation write `RequestID`, the samples `RequestId`. */
const idOf = (entry: Json): string => textOf(entry.RequestId) || textOf(entry.RequestID);

const errorsOf = (entry: Json): string[] => [
  ...messagesOf(entry.RequestError),
  ...messagesOf(entry.Errors),
];

const explain = (body: Json): string =>
  errorsOf(body).join('; ') || textOf(body.Message) || explainOauth(body);

/** The texts of an error field: an array or an object of errors, a text, or nothing. */
function messagesOf(errors: unknown): string[] {
  if (Array.isArray(errors)) return errors.flatMap(messagesOf);
  if (isObject(errors)) {
    if (Object.keys(errors).length === 0) return [];
    const field = textOf(errors.FieldName);
    return [(field && `${field}: `) + errorText(errors, 'ErrorMessage', 'Message')];
  }
  return errors ? [textOf(errors) || JSON.stringify(errors)] : [];
}
