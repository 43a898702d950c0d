import { PermanentFault, TransientFault } from '../domain/errors.ts';
import type { Answer } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import {
  isObject,
  oauthTokenOf,
  objectsIn,
  jsonOf,
  parseBody,
  textOf,
  unexpected,
  type Json,
} from './response.ts';
import type { Vendor } from './provider.ts';
import { formRequest } from './requests.ts';
import { classify, COMMON_WORDS, type Words } from './status-words.ts';

/**
 * SEI's pending transactions: `GET v1/jobs/{appName}/status/{key}`, see
 * https://developers.seic.com/browse/apis/pending-transactions/get/{appName}/status/{key}
 */
export const sei: Vendor = {
  title: 'SEI',
  defaultBaseUrl: 'https://api.seic.com',
  hasReports: () => false,
  needs: ['app-key'],
  logInNeeds: ['username', 'password', 'client-secret'],
  create: ({ baseUrl, tokenUrl, appKey, appName, words, ...settings }) => ({
    credentials: (token) => ({ Authorization: `Bearer ${token}`, AppKey: appKey }),
    ask: async (id, send) => {
      const path = `v1/jobs/${encodeURIComponent(appName)}/status/${encodeURIComponent(id)}`;
      const answer = await send({ method: 'GET', url: new URL(`${baseUrl}/${path}`) });
      return observe(answer, words);
    },
    // https://developers.seic.com/browse/apis/access-token/post/oauthtoken: these tokens cannot be
    // refreshed. The sample there shows the pair without the word Basic, which is why it can be left out.
    logIn: async (send) => {
      const { username, password, clientSecret, tokenScheme } = settings;
      const url = tokenUrl || `${baseUrl}/v2/oauthtoken`;
      const pair = Buffer.from(`${appKey}:${clientSecret}`).toString('base64');
      const form = { grant_type: 'client_credentials', username, password };
      const headers = { Authorization: tokenScheme === 'none' ? pair : `Basic ${pair}` };
      const answer = await send(formRequest(url, form, headers));
      refuseError(answer);
      return oauthTokenOf(answer);
    },
  }),
};

function observe(answer: Answer, extraWords: Words): Observation {
  refuseError(answer);
  const body = jsonOf(answer, explain);
  if (!isObject(body) || !('status' in body)) throw unexpected('status', answer);

  const word = textOf(body.status);
  const validation: readonly unknown[] = [body.validationMessage].flat();
  const tracking = trackingOf(answer);
  const seen = {
    providerStatus: word,
    batchId: textOf(body.batchId),
    message: [body.message, ...validation].map(messageOf).filter(Boolean).join('; '),
    note: tracking === '' ? '' : `requesttrackingid ${tracking}`,
  };
  if (word === '') {
    return { ...seen, state: 'pending', warning: 'the answer’s status is empty; taken as pending' };
  }
  return { ...seen, state: classify(word, extraWords, COMMON_WORDS) };
}

const messageOf = (value: unknown): string =>
  isObject(value) ? JSON.stringify(value) : textOf(value);

/**
 * SEI's error envelope says itself whether to try again, in the text `transient`; it is believed
 * under any HTTP status. See https://developers.seic.com/browse/faq/api-standards
 */
function refuseError(answer: Answer): void {
  const body = parseBody(answer);
  if (!isObject(body) || answer.status === 401) return;
  if (!('transient' in body || ('code' in body && !('status' in body)))) return;
  const text = `HTTP ${answer.status}: ${explain(body)}${trackingSuffix(answer)}`;
  if (String(body.transient).toLowerCase() === 'true') {
    throw new TransientFault(text, 'unreachable');
  }
  if (answer.status < 300) throw new PermanentFault(text, 'bad-answer');
}

function explain(body: Json): string {
  const reasons = objectsIn(body.errors).map((error) =>
    [error.field, error.location, error.reason].map(textOf).filter(Boolean).join(' '),
  );
  const own = [body.code, body.message].map(textOf).filter(Boolean).join(': ');
  const tracking = textOf(body.trackingId);
  return [own, ...reasons, tracking && `trackingId ${tracking}`].filter(Boolean).join('; ');
}

/** SEI's support asks for this id; it differs in every answer. */
const trackingOf = ({ headers }: Answer): string => {
  const id = headers.requesttrackingid;
  return typeof id === 'string' ? id : '';
};

const trackingSuffix = (answer: Answer): string =>
  trackingOf(answer) === '' ? '' : ` (requesttrackingid ${trackingOf(answer)})`;
