import { PermanentError } from '../domain/errors.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import {
  errorMessage,
  isFalse,
  isObject,
  isTrue,
  joinErrors,
  type Json,
  toJson,
  toText,
  withKnownKeys,
} from './json.ts';
import { missing, parseBody, readJson, fieldOf } from './response.ts';
import { explainOAuth, readOAuthToken } from './token.ts';
import { findContradiction as findErrorKey } from './contradiction.ts';
import type { Token, ProviderDefinition } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, type StatusWords } from './status-words.ts';

/**
 * SUCCESSFUL is documented at https://documentation.unicommerce.com/docs/export-status.html; COMPLETE
 * and the others are what public clients of the service wait for, such as
 * https://github.com/shbhnkr-sg/unicommerce-python-sdk
 */
const STATUS_WORDS: StatusWords = {
  successful: ['COMPLETE', 'SUCCESSFUL'],
  pending: ['SCHEDULED', 'RUNNING', 'IN_PROGRESS', 'QUEUED', 'PROCESSING'],
  failed: ['FAILED', 'ERROR', 'CANCELLED'],
};

/** The documented keys, which are found whatever their case. */
const KEYS = ['successful', 'status', 'filePath', 'message', 'errors', 'description'];

/**
 * Unicommerce Uniware's export jobs: `POST services/rest/v1/export/job/status`, see
 * https://documentation.unicommerce.com/docs/export-status.html
 */
export const unicommerce: ProviderDefinition = {
  title: 'Unicommerce Uniware',
  hasReports: () => true,
  requiredInputs: [],
  loginInputs: ['username', 'password'],
  optionalInputs: ['token-url', 'client-id'],
  create: ({ baseUrl, tokenUrl, clientId, username, password, statusWords }) => ({
    credentials: (token) => ({ Authorization: `bearer ${token}` }),
    startedId: (response) => fieldOf(response, 'jobCode'),
    judge: (response) => observe(response, statusWords),
    poll: async (id, send) => {
      const url = new URL(`${baseUrl}/services/rest/v1/export/job/status`);
      const response = await send(jsonRequest(url, { jobCode: id }));
      return observe(response, statusWords);
    },
    logIn: async (send, refreshToken) => {
      const issue = async (grant: Record<string, string>) => {
        const url = new URL(tokenUrl || `${baseUrl}/oauth/token`);
        url.search = new URLSearchParams({ client_id: clientId || CLIENT_ID, ...grant }).toString();
        return readIssuedToken(await send({ method: 'GET', url }));
      };
      if (refreshToken !== undefined) {
        try {
          return await issue({ grant_type: 'refresh_token', refresh_token: refreshToken });
        } catch (error) {
          // It ends 30 days after the first login; then the password is needed again.
          if (!(error instanceof PermanentError)) throw error;
        }
      }
      return issue({ grant_type: 'password', username, password });
    },
  }),
};

/** The client that https://documentation.unicommerce.com/docs/oauth.html names for everyone. */
const CLIENT_ID = 'my-trusted-client';

/** The response to wrong credentials is HTTP 500, as public clients of the service have found. */
function readIssuedToken(response: HttpResponse): Token {
  if (response.status === 500) {
    const body = parseBody(response);
    const why = isObject(body) ? explainOAuth(body) : '';
    const text = `${why || 'no message'} (HTTP 500, with which Uniware refuses wrong credentials)`;
    throw new PermanentError(text, 'rejected');
  }
  return readOAuthToken(response);
}

function observe(response: HttpResponse, customWords: StatusWords): Observation {
  const body = withKnownKeys(readJson(response, explain), KEYS);
  if (!isObject(body) || !('successful' in body || 'status' in body)) {
    throw missing('status', response);
  }
  const status = toText(body.status);
  const filePath = toText(body.filePath);
  const observed = { providerStatus: status, filePath, message: explain(body) };
  const state = classify(status, customWords, STATUS_WORDS);
  const contradiction = state === 'successful' ? findContradiction(body) : '';
  const message = [contradiction, observed.message].filter(Boolean).join('; ');
  if (isFalse(body.successful)) {
    // Without a status there is no such job.
    const hint = 'Check `request-id`, and that `base-url` is the service where the job was started';
    return { ...observed, state: 'failed', message, ...(status === '' && { hint }) };
  }
  if (status === '') {
    return {
      ...observed,
      state: 'pending',
      warning: 'the response’s status is empty; taken as pending',
    };
  }
  if (contradiction !== '') return { ...observed, state: 'failed', message };
  if (state !== 'successful' || filePath !== '') return { ...observed, state };
  return {
    ...observed,
    state,
    needsGrace: true,
    note: 'its filePath is not there yet',
    warning: `the job is ${status} but has no filePath`,
  };
}

/** What else the response says against a status that means success; '' where nothing does. */
function findContradiction(body: Json): string {
  const status = `status “${toText(body.status)}”`;
  if ('successful' in body && !isTrue(body.successful)) {
    return `${status} contradicts \`successful\`: ${toJson(body.successful)}`;
  }
  const key = findErrorKey(body);
  return key === undefined ? '' : `${status} contradicts \`${key}\`, which is not empty`;
}

/** `description` is the sentence, `message` often only a constant. */
function explain(body: Json): string {
  const list: readonly unknown[] = Array.isArray(body.errors) ? body.errors : [body.errors ?? ''];
  const errors = joinErrors(list, (error) =>
    isObject(error) ? errorMessage(error, 'description', 'message') : toText(error),
  );
  return [errors, toText(body.message)].filter(Boolean).join('; ');
}
