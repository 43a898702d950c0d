import { PermanentFault } from '../domain/errors.ts';
import type { Answer } from '../http/transport.ts';
import type { Observation } from '../domain/job.ts';
import {
  errorText,
  explainOauth,
  isObject,
  oauthTokenOf,
  parseBody,
  jsonOf,
  objectsIn,
  textOf,
  unexpected,
  type Json,
} from './response.ts';
import type { Token, Vendor } from './provider.ts';
import { jsonRequest } from './requests.ts';
import { classify, type Words } from './status-words.ts';

/**
 * SUCCESSFUL is the word of https://documentation.unicommerce.com/docs/export-status.html; COMPLETE
 * and the others are what public clients of the service wait for, such as
 * https://github.com/shbhnkr-sg/unicommerce-python-sdk
 */
const WORDS: Words = {
  successful: ['COMPLETE', 'SUCCESSFUL'],
  pending: ['SCHEDULED', 'RUNNING', 'IN_PROGRESS', 'QUEUED', 'PROCESSING'],
  failed: ['FAILED', 'ERROR', 'CANCELLED'],
};

/** The word may be there a moment before the link: asked for in this many more rounds. */
const ROUNDS_FOR_FILE_PATH = 5;

/**
 * Unicommerce Uniware's export jobs: `POST services/rest/v1/export/job/status`, see
 * https://documentation.unicommerce.com/docs/export-status.html
 */
export const unicommerce: Vendor = {
  title: 'Unicommerce Uniware',
  hasReports: () => true,
  needs: [],
  logInNeeds: ['username', 'password'],
  create: ({ baseUrl, tokenUrl, clientId, username, password, words }) => ({
    credentials: (token) => ({ Authorization: `bearer ${token}` }),
    ask: async (id, send) => {
      const url = new URL(`${baseUrl}/services/rest/v1/export/job/status`);
      const answer = await send(jsonRequest(url, { jobCode: id }));
      return observe(answer, words);
    },
    logIn: async (send, refreshToken) => {
      const issue = async (grant: Record<string, string>) => {
        const url = new URL(tokenUrl || `${baseUrl}/oauth/token`);
        url.search = new URLSearchParams({ client_id: clientId || CLIENT_ID, ...grant }).toString();
        return issued(await send({ method: 'GET', url }));
      };
      if (refreshToken !== undefined) {
        try {
          return await issue({ grant_type: 'refresh_token', refresh_token: refreshToken });
        } catch (error) {
          // It ends 30 days after the first log-in; then the password is asked for again.
          if (!(error instanceof PermanentFault)) throw error;
        }
      }
      return issue({ grant_type: 'password', username, password });
    },
  }),
};

/** The client that https://documentation.unicommerce.com/docs/oauth.html names for everyone. */
const CLIENT_ID = 'my-trusted-client';

/** Wrong credentials are answered with HTTP 500, as public clients of the service have found. */
function issued(answer: Answer): Token {
  if (answer.status === 500) {
    const body = parseBody(answer);
    const why = isObject(body) ? explainOauth(body) : '';
    const text = `HTTP 500, which is how Uniware answers wrong credentials: ${why || 'no message'}`;
    throw new PermanentFault(text, 'rejected');
  }
  return oauthTokenOf(answer);
}

function observe(answer: Answer, extraWords: Words): Observation {
  const body = jsonOf(answer, explain);
  if (!isObject(body) || !('successful' in body || 'status' in body)) {
    throw unexpected('status', answer);
  }
  const word = textOf(body.status);
  const filePath = textOf(body.filePath);
  const seen = { providerStatus: word, filePath, message: explain(body) };
  if (String(body.successful) === 'false') return { ...seen, state: 'failed' };
  if (word === '') {
    return { ...seen, state: 'pending', warning: 'the answer’s status is empty; taken as pending' };
  }
  const state = classify(word, extraWords, WORDS);
  if (state !== 'successful' || filePath !== '') return { ...seen, state };
  return {
    ...seen,
    state,
    confirmations: 1 + ROUNDS_FOR_FILE_PATH,
    note: 'its filePath is not there yet',
    warning: `the job is ${word} but has no filePath`,
  };
}

/** `description` is the sentence, `message` often only a constant. */
function explain(body: Json): string {
  const texts = objectsIn(body.errors).map((error) => errorText(error, 'description', 'message'));
  return [...texts, textOf(body.message)].filter(Boolean).join('; ');
}
