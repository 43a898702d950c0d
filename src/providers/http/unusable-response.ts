import { HtmlInsteadOfJson, TransientError } from '../../domain/errors.ts';
import { isHtmlPage, isHtmlType } from '../../http/html.ts';
import type { Observation } from '../../domain/job.ts';
import type { HttpResponse } from '../../http/transport.ts';
import type { HttpSettings } from '../provider.ts';
import { findErrorMessage } from '../error-message.ts';
import { parseJson } from '../json.ts';
import { describeBody, notJson } from '../response.ts';
import { describeShape, suggestQuery, type QueryContext } from './jmespath.ts';

/** Refuses what cannot be the result that a listed HTTP status hands over: an HTML page, cut JSON. */
export function requireResult(response: HttpResponse, body: unknown): void {
  const text = response.body.trimStart();
  if (text === '' || body !== undefined) return;
  if (isHtmlPage(text) || isHtmlType(response.headers['content-type'])) {
    throw new HtmlInsteadOfJson(`HTTP ${response.status} with ${describeBody(response)}`);
  }
  const isJsonType = /\/json|\+json/i.test(response.headers['content-type'] ?? '');
  if (isJsonType && /^[{[]/.test(text) && !isJsonLines(text)) {
    throw new TransientError('the response is cut: its JSON does not end', 'bad-response');
  }
}

/** Several JSON texts, one a line, as exports have it: judged by the first and the last. */
function isJsonLines(text: string): boolean {
  const lines = text.trim();
  const [firstEnd, lastStart] = [lines.indexOf('\n'), lines.lastIndexOf('\n')];
  if (firstEnd < 0) return false;
  return [lines.slice(0, firstEnd), lines.slice(lastStart)].every(parsesAsJson);
}

function parsesAsJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

/** The error for a response that says nothing of the job, with the shape of the response as a hint. */
export function noEvidence(response: HttpResponse, body: unknown, statusQuery: string): Error {
  const { status } = response;
  if (body === undefined) return notJson(response);
  const message = findErrorMessage(body, response.body);
  const said = message === '' ? '' : `; it says “${message}”`;
  const text = `HTTP ${status} has no status at \`status-query\` “${statusQuery}”${said}`;
  const suggestion = suggestQuery(body, statusQuery);
  const hint =
    `The response is ${describeShape(body)}. ` +
    (suggestion === undefined
      ? `Write the query that finds the status; if a response without one means that the job still runs, write \`${statusQuery} || 'pending'\``
      : `Is \`${suggestion}\` the status? Then set \`status-query: ${suggestion}\``);
  return new TransientError(text, 'bad-response', { hint });
}

/** Adds what a response that says failed holds, where the step does not say where its message is. */
export function explainFailure(
  observation: Observation,
  response: HttpResponse,
  { body }: QueryContext,
  { messageQuery }: HttpSettings,
): Observation {
  if (observation.state !== 'failed' || messageQuery !== '' || observation.message) {
    return observation;
  }
  const message = findErrorMessage(body, response.body);
  if (message !== '') return { ...observation, message };
  const shape = describeShape(body);
  return { ...observation, hint: `Set \`message-query\` to show why; the response has ${shape}` };
}
