import { CredentialsRejected, PermanentError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { JobState, Observation } from '../domain/job.ts';
import {
  errorMessage,
  isFalse,
  isObject,
  joinErrors,
  type Json,
  toJson,
  toText,
  withKnownKeys,
} from './json.ts';
import { missing, readJson, fieldOf } from './response.ts';
import { explainOAuth, readOAuthToken } from './token.ts';
import type { ProviderDefinition } from './provider.ts';
import { formRequest, jsonRequest } from './requests.ts';
import { classify, distinctStatuses, type StatusWords } from './status-words.ts';

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
  ...['Error', 'ErrorMessage', 'ErrorMsg', 'FieldName'],
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
    startedId: (response) => fieldOf(response, 'RequestId'),
    judge: (response, id) => observe(id, response, statusWords),
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
  // the envelope holds for all of them, and of several entries about one request each counts.
  const envelope: Json = isObject(body) ? body : {};
  const content = envelope.Data ?? body;
  if (!isObject(content) && !Array.isArray(content)) throw missing('RequestStatus', response);
  const entries = Array.isArray(content) ? entriesFor(id, content) : [content];
  const parts = [...new Set([envelope, ...entries])];

  const refusal = parts.map(({ ErrorMsg }) => toText(ErrorMsg)).find(Boolean);
  if (refusal !== undefined)
    throw new PermanentError(`SafetyChain refused: ${refusal}`, 'rejected');
  const errors = [...new Set(parts.flatMap(readErrors))];
  // The page documents this error as the sign that the session has expired, not the request.
  if (errors.some((error) => error.toLowerCase() === 'login timeout')) {
    throw new CredentialsRejected('SafetyChain says “Login Timeout”');
  }
  const statuses = parts.map(({ RequestStatus }) => toText(RequestStatus)).filter(Boolean);
  const states = statuses.map((status) => classify(status, customWords, STATUS_WORDS));
  const observed = {
    providerStatus: distinctStatuses(statuses).join(', '),
    batchId: entries.map(readId).find(Boolean) ?? '',
    message: joinErrors(errors, String),
  };
  if (errors.length > 0) {
    const isPartial = states.length > 0 && states.every((state) => state === 'partial');
    return { ...observed, state: isPartial ? 'partial' : 'failed' };
  }
  if (parts.some(({ Status }) => isFalse(Status))) {
    const text = 'SafetyChain does not know this RequestId (Status is false)';
    throw new PermanentError(text, 'not-found', { needsGrace: true });
  }
  if (entries.length === 0) {
    const text = 'The response of SafetyChain does not mention this RequestId';
    throw new PermanentError(text, 'not-found', { needsGrace: true });
  }
  const about = parts.map(readId).find((one) => one !== '' && !isSameId(one, id));
  if (about !== undefined) {
    const text = `the response is about the RequestId “${about}”, while “${id}” was polled`;
    throw new PermanentError(text, 'bad-response');
  }
  refuseContradiction(parts, statuses, states);
  const state = (['unknown', 'pending', 'partial'] as const).find((one) => states.includes(one));
  if (states[0] !== undefined) return { ...observed, state: state ?? states[0] };
  if (!parts.some(({ Status }) => Status === true)) throw missing('RequestStatus', response);
  const warning = 'the response names no RequestStatus; taken as pending';
  return { ...observed, state: 'pending', warning };
}

/** @throws PermanentError where a response that says success says something else too */
function refuseContradiction(
  parts: readonly Json[],
  statuses: readonly string[],
  states: readonly JobState[],
): void {
  const [success, failure] = [
    statuses[states.indexOf('successful')],
    statuses[states.indexOf('failed')],
  ];
  if (success === undefined) return;
  // `Status` is documented as true or false.
  const others = parts
    .map(({ Status }) => toText(Status))
    .filter((one) => !/^(true|1|)$/i.test(one));
  const other = failure ?? others[0];
  if (other === undefined) return;
  const text = `RequestStatus “${success}” contradicts “${other}” in the same response`;
  throw new PermanentError(text, 'bad-response');
}

/** The entries about a request; one that only refuses names none. */
const entriesFor = (id: string, list: readonly unknown[]): readonly Json[] =>
  list.filter(isObject).filter((one) => isSameId(readId(one), id) || 'ErrorMsg' in one);

const isSameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const readId = (entry: Json): string => toText(entry.RequestId);

const readErrors = (entry: Json): string[] => [
  ...readMessages(entry.RequestError),
  ...readMessages(entry.Errors),
  // Fields of other calls: they say something of the job only beside its status.
  ...(toText(entry.RequestStatus) === ''
    ? []
    : [entry.Error, entry.ErrorMessage].flatMap(readMessages)),
];

const explain = (body: Json): string =>
  joinErrors(readErrors(body), String) || toText(body.Message) || explainOAuth(body);

/** The texts of an error field: an array or an object of errors, a text, or nothing. */
function readMessages(errors: unknown): string[] {
  if (Array.isArray(errors)) return errors.flatMap(readMessages);
  if (isObject(errors)) {
    if (Object.keys(errors).length === 0) return [];
    const field = toText(errors.FieldName);
    return [(field && `${field}: `) + errorMessage(errors, 'ErrorMessage', 'Message')];
  }
  return errors ? [toText(errors) || toJson(errors)] : [];
}
