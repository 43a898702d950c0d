import type { Answer } from '../http.ts';
import type { Observation } from '../job.ts';
import {
  classify,
  isObject,
  jsonOf,
  objectsIn,
  textOf,
  unexpected,
  type Json,
  type Vendor,
  type Words,
} from './provider.ts';

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
  needs: [],
  create: ({ baseUrl, words }) => ({
    credentials: (token) => ({ Authorization: `bearer ${token}` }),
    ask: async (id, send) => {
      const answer = await send({
        method: 'POST',
        url: new URL(`${baseUrl}/services/rest/v1/export/job/status`),
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ jobCode: id }),
      });
      return observe(answer, words);
    },
  }),
};

function observe(answer: Answer, extraWords: Words): Observation {
  const body = jsonOf(answer, explain);
  if (!isObject(body) || !('successful' in body || 'status' in body)) {
    throw unexpected('status', answer);
  }
  const word = textOf(body.status);
  const filePath = textOf(body.filePath);
  const seen = { providerStatus: word, filePath, message: explain(body) };
  if (body.successful === false) return { ...seen, state: 'failed' };
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
  const texts = objectsIn(body.errors).map(
    (error) => textOf(error.description) || textOf(error.message),
  );
  return [...texts, textOf(body.message)].filter(Boolean).join('; ');
}
