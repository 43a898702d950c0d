import { CredentialsRejected, NOT_FOUND_CONFIRMATIONS, PermanentFault } from '../faults.ts';
import type { Answer } from '../http.ts';
import type { JobState, Observation } from '../job.ts';
import { isObject, oauthTokenOf, jsonOf, textOf, unexpected, type Json } from './answers.ts';
import type { Vendor } from './provider.ts';
import { formRequest, jsonRequest } from './requests.ts';
import { classify, type Words } from './words.ts';

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
  needs: [],
  logInNeeds: ['username', 'password', 'tenant-id', 'token-url'],
  create: ({ baseUrl, tokenUrl, tenantId, username, password, words }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}` }),
    ask: async (id, send) => {
      const url = new URL(`${baseUrl}/api/integration/GetBatchStatus`);
      const answer = await send(jsonRequest(url, { RequestId: id }));
      return observe(entryFor(id, answer), answer, words);
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

function observe(entry: Json, answer: Answer, extraWords: Words): Observation {
  const word = textOf(entry.RequestStatus);
  const errors = [...messagesOf(entry.RequestError), ...messagesOf(entry.Errors)];
  // The page names this error as the sign that the session, not the request, has run out.
  if (errors.includes('Login Timeout'))
    throw new CredentialsRejected('SafetyChain says “Login Timeout”');

  const state = word === '' ? undefined : classify(word, extraWords, WORDS);
  const seen = {
    providerStatus: word,
    batchId: idOf(entry),
    message: errors.join('; '),
  };
  if (errors.length > 0) return { ...seen, state: state === 'partial' ? 'partial' : 'failed' };
  if (entry.Status === false) {
    throw new PermanentFault(
      'SafetyChain does not know this RequestId (Status is false)',
      'not-found',
    );
  }
  if (state !== undefined) return { ...seen, state };
  if (entry.Status !== true) throw unexpected('RequestStatus', answer);
  return { ...seen, ...WORDLESS };
}

const WORDLESS: { state: JobState; warning: string } = {
  state: 'pending',
  warning: 'the answer names no RequestStatus; taken as pending',
};

/** One answer may speak of several requests, in an array or a `Data` envelope (shape assumed). */
function entryFor(id: string, answer: Answer): Json {
  const body = jsonOf(answer, explain);
  const content = isObject(body) && 'Data' in body ? body.Data : body;
  if (isObject(content)) return content;
  if (!Array.isArray(content)) throw unexpected('RequestStatus', answer);
  const entry = content.filter(isObject).find((one) => sameId(idOf(one), id));
  if (entry === undefined) {
    throw new PermanentFault('SafetyChain’s answer does not mention this RequestId', 'not-found', {
      confirmations: NOT_FOUND_CONFIRMATIONS,
    });
  }
  return entry;
}

const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The tables of the documentation write `RequestID`, the samples `RequestId`. */
const idOf = (entry: Json): string => textOf(entry.RequestId) || textOf(entry.RequestID);

const explain = (body: Json): string =>
  [
    ...messagesOf(body.RequestError),
    ...messagesOf(body.Errors),
    ...messagesOf(body.Message ?? body.error_description),
  ].join('; ');

/** The texts of an error field: an array or an object of errors, a text, or nothing. */
function messagesOf(errors: unknown): string[] {
  if (Array.isArray(errors)) return errors.flatMap(messagesOf);
  if (isObject(errors)) {
    if (Object.keys(errors).length === 0) return [];
    const field = textOf(errors.FieldName);
    const text = textOf(errors.ErrorMessage) || textOf(errors.Message);
    if (text === '') return [JSON.stringify(errors)];
    return [field === '' ? text : `${field}: ${text}`];
  }
  return textOf(errors) === '' ? [] : [textOf(errors)];
}
