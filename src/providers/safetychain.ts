import { CredentialsRejected, PermanentError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import { errorMessage, isObject, type Json, toText, withKnownKeys } from './json.ts';
import { missing, readJson } from './response.ts';
import { explainOAuth, readOAuthToken } from './token.ts';
import type { ProviderDefinition } from './provider.ts';
import { formRequest, jsonRequest } from './requests.ts';
import { classify, type StatusWords } from './status-words.ts';

/** Documented statuses, https://developers.safetychain.com/reference/request-status */
const STATUS_WORDS: StatusWords = {
  pending: ['AwaitingProcess', 'Pending', 'Inprocess'],
  successful: ['Successful'],
  partial: ['PartialSuccess'],
  failed: ['Failure'],
};

/**
 * The documented keys, which are found whatever their case: the tables of the documentation write
 * `RequestID`, the samples `RequestId`.
 */
const KEYS = [
  ...['RequestId', 'RequestStatus', 'RequestError', 'Status', 'Errors', 'Data', 'Message'],
  ...['ErrorMessage', 'FieldName'],
];

/**
 * SafetyChain's integration API: `POST api/integration/GetBatchStatus`, see
 * https://developers.safetychain.com/reference/request-status
 */
export const safetychain: ProviderDefinition = {
  title: 'SafetyChain',
  hasReports: () => false,
  requiredInputs: [],
  loginInputs: ['username', 'password', 'tenant-id', 'token-url'],
  create: ({ baseUrl, tokenUrl, tenantId, username, password, statusWords }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}` }),
    poll: async (id, send) => {
      const url = new URL(`${baseUrl}/api/integration/GetBatchStatus`);
      const response = await send(jsonRequest(url, { RequestId: id }));
      return observe(id, response, statusWords);
    },
    // The fields are documented, https://developers.safetychain.com/reference/gettoken; that they are
    // posted, and that the response is the usual one of OAuth, is inferred from their names.
    logIn: async (send) =>
      readOAuthToken(
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

function observe(id: string, response: HttpResponse, customWords: StatusWords): Observation {
  const body = withKnownKeys(readJson(response, explain), KEYS);
  // One response may hold several requests, in an array or a `Data` envelope (shape assumed). An error of
  // the envelope holds for all of them.
  const envelope: Json = isObject(body) ? body : {};
  const content = envelope.Data ?? body;
  const entries = Array.isArray(content) ? entriesFor(id, content) : [content];
  const [entry] = entries;
  const [outer, inner]: [Json, Json] = [envelope, isObject(entry) ? entry : {}];

  const errors = [...new Set([...readErrors(outer), ...readErrors(inner)])];
  // The page documents this error as the sign that the session has expired, not the request.
  if (errors.includes('Login Timeout')) {
    throw new CredentialsRejected('SafetyChain says “Login Timeout”');
  }
  const status = toText(inner.RequestStatus);
  const state = status === '' ? undefined : classify(status, customWords, STATUS_WORDS);
  const observed = { providerStatus: status, batchId: readId(inner), message: errors.join('; ') };
  if (errors.length > 0) return { ...observed, state: state === 'partial' ? 'partial' : 'failed' };
  if (isFalse(outer.Status) || isFalse(inner.Status)) {
    const text = 'SafetyChain does not know this RequestId (Status is false)';
    throw new PermanentError(text, 'not-found', { needsGrace: true });
  }
  if (entry === undefined) {
    const text = 'The response of SafetyChain does not mention this RequestId';
    throw new PermanentError(text, 'not-found', { needsGrace: true });
  }
  const about = readId(inner) || readId(outer);
  if (about !== '' && !isSameId(about, id)) {
    const text = `the response is about the RequestId “${about}”, while “${id}” was polled`;
    throw new PermanentError(text, 'bad-response');
  }
  const others = [outer, ...entries.filter(isObject)].map(({ RequestStatus }) =>
    toText(RequestStatus),
  );
  const other = others.find((one) => classify(one, customWords, STATUS_WORDS) === 'failed');
  if (state === 'successful' && other !== undefined) {
    const text = `RequestStatus “${status}” contradicts “${other}” in the same response`;
    throw new PermanentError(text, 'bad-response');
  }
  if (state !== undefined) return { ...observed, state };
  if (inner.Status !== true) throw missing('RequestStatus', response);
  const warning = 'the response names no RequestStatus; taken as pending';
  return { ...observed, state: 'pending', warning };
}

const entriesFor = (id: string, list: readonly unknown[]): readonly Json[] =>
  list.filter(isObject).filter((one) => isSameId(readId(one), id));

const isSameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const readId = (entry: Json): string => toText(entry.RequestId);

/** `Status` is a boolean, which may come as text. */
const isFalse = (value: unknown): boolean => ['false', '0'].includes(String(value).toLowerCase());

const readErrors = (entry: Json): string[] => [
  ...readMessages(entry.RequestError),
  ...readMessages(entry.Errors),
];

const explain = (body: Json): string =>
  readErrors(body).join('; ') || toText(body.Message) || explainOAuth(body);

/** The texts of an error field: an array or an object of errors, a text, or nothing. */
function readMessages(errors: unknown): string[] {
  if (Array.isArray(errors)) return errors.flatMap(readMessages);
  if (isObject(errors)) {
    if (Object.keys(errors).length === 0) return [];
    const field = toText(errors.FieldName);
    return [(field && `${field}: `) + errorMessage(errors, 'ErrorMessage', 'Message')];
  }
  return errors ? [toText(errors) || JSON.stringify(errors)] : [];
}
