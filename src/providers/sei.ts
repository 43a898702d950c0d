import { CredentialsRejected, PermanentError, TransientError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import { isObject, isTrue, joinErrors, type Json, toJson, toText, withKnownKeys } from './json.ts';
import { missing, parseBody, readJson, fieldOf } from './response.ts';
import { readOAuthToken } from './token.ts';
import { findContradiction } from './contradiction.ts';
import type { ProviderDefinition } from './provider.ts';
import { formRequest } from './requests.ts';
import { classify, COMMON_STATUS_WORDS, type StatusWords } from './status-words.ts';

/** The documented keys, which are found whatever their case. */
const KEYS = [
  ...['status', 'batchId', 'message', 'validationMessage'],
  ...['code', 'trackingId', 'transient', 'errors', 'field', 'location', 'reason'],
];

/**
 * SEI's pending transactions: `GET v1/jobs/{appName}/status/{key}`, see
 * https://developers.seic.com/browse/apis/pending-transactions/get/{appName}/status/{key}
 */
export const sei: ProviderDefinition = {
  title: 'SEI',
  defaultBaseUrl: 'https://api.seic.com',
  hasReports: () => false,
  requiredInputs: ['app-key'],
  loginInputs: ['username', 'password', 'client-secret'],
  optionalInputs: ['token-url', 'app-name', 'token-scheme'],
  create: ({ baseUrl, tokenUrl, appKey, appName, statusWords, ...settings }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}`, AppKey: appKey }),
    startedId: (response) => fieldOf(response, 'jobStatusQueryKey'),
    judge: (response) => observe(response, statusWords),
    poll: async (id, send) => {
      const path = `v1/jobs/${encodeURIComponent(appName)}/status/${encodeURIComponent(id)}`;
      const response = await send({ method: 'GET', url: new URL(`${baseUrl}/${path}`) });
      return observe(response, statusWords);
    },
    // https://developers.seic.com/browse/apis/access-token/post/oauthtoken: these tokens cannot be
    // refreshed. The sample there shows the pair without the status Basic, which is why it can be left out.
    logIn: async (send) => {
      const { username, password, clientSecret, tokenScheme } = settings;
      const url = tokenUrl || `${baseUrl}/v2/oauthtoken`;
      const pair = Buffer.from(`${appKey}:${clientSecret}`).toString('base64');
      const form = { grant_type: 'client_credentials', username, password };
      const headers = { Authorization: tokenScheme === 'none' ? pair : `Basic ${pair}` };
      const response = await send(formRequest(url, form, headers));
      throwOnError(response);
      return readOAuthToken(response);
    },
  }),
};

function observe(response: HttpResponse, customWords: StatusWords): Observation {
  throwOnError(response);
  const body = withKnownKeys(readJson(response, explain), KEYS);
  if (!isObject(body) || !('status' in body)) throw missing('status', response);

  const status = toText(body.status);
  const validation: readonly unknown[] = [body.validationMessage].flat();
  const tracking = trackingId(response);
  const observed = {
    providerStatus: status,
    batchId: toText(body.batchId),
    message: joinErrors([body.message].concat(validation), messageText),
    note: tracking === '' ? '' : `requesttrackingid ${tracking}`,
  };
  if (status === '') {
    return {
      ...observed,
      state: 'pending',
      warning: 'the response’s status is empty; taken as pending',
    };
  }
  const state = classify(status, customWords, COMMON_STATUS_WORDS);
  const code = toText(body.code);
  if (state === 'successful' && (code !== '' || findContradiction(body) !== undefined)) {
    const text = `status “${status}” contradicts the error in the same response: ${explain(body)}`;
    throw new PermanentError(text, 'bad-response');
  }
  return { ...observed, state };
}

const messageText = (value: unknown): string => (isObject(value) ? toJson(value) : toText(value));

/**
 * SEI's error envelope says itself whether to try again, in the text `transient`; it is believed
 * under any HTTP status. See https://developers.seic.com/browse/faq/api-standards
 */
function throwOnError(response: HttpResponse): void {
  const body = withKnownKeys(parseBody(response), KEYS);
  if (!isObject(body) || response.status === 401) return;
  if (!('transient' in body || ('code' in body && !('status' in body)))) return;
  const text = `HTTP ${response.status}: ${explain(body)}${trackingSuffix(response)}`;
  if (isTrue(body.transient)) {
    throw new TransientError(text, 'unreachable');
  }
  if (response.status >= 300) return;
  throw /authentication/i.test(toText(body.code))
    ? new CredentialsRejected(text)
    : new PermanentError(text, 'bad-response');
}

function explain(body: Json): string {
  const errors: readonly unknown[] = [body.errors].flat();
  const reasons = joinErrors(errors, (error) =>
    isObject(error)
      ? [error.field, error.location, error.reason ?? error.message]
          .map(toText)
          .filter(Boolean)
          .join(' ')
      : toText(error),
  );
  const own = [body.code, body.message].map(toText).filter(Boolean).join(': ');
  const tracking = toText(body.trackingId);
  return [own, reasons, tracking && `trackingId ${tracking}`].filter(Boolean).join('; ');
}

/** SEI's support asks for this id; it differs in each response. */
const trackingId = ({ headers }: HttpResponse): string => {
  const id = headers.requesttrackingid;
  return typeof id === 'string' ? id : '';
};

const trackingSuffix = (response: HttpResponse): string =>
  trackingId(response) === '' ? '' : ` (requesttrackingid ${trackingId(response)})`;
