import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { JobState, Observation } from '../../domain/job.ts';
import type { HttpResponse } from '../../http/transport.ts';
import { saysTokenEnded, findErrorMessage } from '../error-message.ts';
import { toText } from '../json.ts';
import type { HttpSettings } from '../provider.ts';
import { describeBody, httpError, parseBody } from '../response.ts';
import {
  classify,
  combine,
  COMMON_STATUS_WORDS,
  distinctStatuses,
  type StatusWords,
} from '../status-words.ts';
import { requireFresh } from './freshness.ts';
import {
  describeShape,
  findLinks,
  findText,
  isTruthy,
  search,
  type QueryContext,
} from './jmespath.ts';
import { explainFailure, noEvidence, requireResult } from './unusable-response.ts';

/** HTTP statuses under which an error speaks of the request or of a gateway, never of the job. */
const REQUEST_ERRORS = [401, 403, 404, 408, 425, 429, 502, 503, 504];

/** One response, and what it is judged by. */
interface Evidence {
  readonly response: HttpResponse;
  readonly context: QueryContext;
  readonly settings: HttpSettings;
  readonly statusWords: StatusWords;
}

/**
 * What a response proves about a job: a status that is classified, or an HTTP status that the workflow has
 * listed. Nothing else makes a job successful.
 *
 * @throws TransientError where it proves nothing, PermanentError where polling again proves no more
 */
export function judgeResponse(
  response: HttpResponse,
  id: string,
  settings: HttpSettings,
  statusWords: StatusWords,
): Observation {
  const { status, headers } = response;
  const context: QueryContext = { body: parseBody(response), id, status, headers };
  const evidence: Evidence = { response, context, settings, statusWords };
  // A 401 asks for another token, whatever else it says.
  if (status !== 401 && attempt(() => isTruthy(context, settings.transientQuery), false)) {
    const message = findErrorMessage(context.body, response.body) || describeBody(response);
    throw new TransientError(`HTTP ${status}, which may pass: ${message}`, 'unreachable');
  }
  const { successful, pending, failed } = settings.httpStatuses;
  const isListed = successful.includes(status) || pending.includes(status);
  const judge = () => {
    if (status >= 200 && status < 300) return judgeSuccess(evidence);
    if (failed.includes(status)) return judgeListedFailure(evidence);
    if (isListed && !saysTokenEnded(response, context.body)) return judgeListed(evidence);
    return judgeError(evidence);
  };
  return requireFresh(explainFailure(judge(), response, context, settings), context, settings);
}

/** A 2xx response: its own status counts, else what its HTTP status is listed as. */
function judgeSuccess(evidence: Evidence): Observation {
  const { response, context, settings } = evidence;
  const { failed } = settings.httpStatuses;
  const fields = readFields(evidence);
  if (isTruthy(context, settings.failureQuery)) return { ...fields, state: 'failed' };
  const found = findStatus(evidence);
  if (found !== undefined) return { ...fields, ...found };
  if (failed.includes(response.status)) return { ...fields, state: 'failed' };
  return judgeListed(evidence);
}

/** A response whose HTTP status may be listed as success or as pending. */
function judgeListed(evidence: Evidence): Observation {
  const { response, context, settings } = evidence;
  const { successful, pending } = settings.httpStatuses;
  const fields = readFields(evidence);
  if (successful.includes(response.status)) {
    if (isTruthy(context, settings.failureQuery)) return { ...fields, state: 'failed' };
    const found = findStatus(evidence);
    if (found !== undefined) return { ...fields, ...found };
    requireResult(response, context.body);
    const filePath = fields.filePath || redirectTarget(response);
    return { ...fields, filePath, state: 'successful' };
  }
  if (pending.includes(response.status)) {
    const found = findStatus(evidence);
    if (found?.state === 'failed') return { ...fields, ...found };
    return { ...fields, state: 'pending' };
  }
  throw noEvidence(response, context.body, settings.statusQuery);
}

/** An error response whose HTTP status is listed as failure: no query is needed to know that. */
function judgeListedFailure(evidence: Evidence): Observation {
  const { response, context } = evidence;
  const fields = attempt(() => readFields(evidence), { providerStatus: '', filePath: '' });
  const found = attempt(() => findStatus(evidence), undefined);
  const message = toText(fields.message) || findErrorMessage(context.body, response.body);
  return { ...fields, providerStatus: found?.providerStatus ?? '', message, state: 'failed' };
}

/** An error response speaks of the request, unless its status says that the job has failed. */
function judgeError(evidence: Evidence): Observation {
  const { response, context, settings } = evidence;
  const message = attempt(() => findText(context, settings.messageQuery), '');
  if (response.status >= 400 && !REQUEST_ERRORS.includes(response.status)) {
    const found = attempt(() => findStatus(evidence), undefined);
    const own = message || findErrorMessage(context.body, response.body);
    if (found?.state === 'failed') return { ...found, message: own };
  }
  throw httpError(response, message);
}

/** The queries are written for 2xx responses: that one fails on an error response means nothing. */
function attempt<T>(query: () => T, otherwise: T): T {
  try {
    return query();
  } catch {
    return otherwise;
  }
}

function readFields({ context, settings }: Evidence): Omit<Observation, 'state'> & {
  readonly filePath: string;
} {
  const links = findLinks(context, settings.filePathQuery);
  const message = findText(context, settings.messageQuery);
  return {
    providerStatus: '',
    batchId: findText(context, settings.batchIdQuery),
    filePath: links.join('; '),
    // All links of a list are downloaded.
    ...(links.length > 1 && { filePaths: links }),
    message,
    link: findText(context, settings.linkQuery),
    progress: findText(context, settings.progressQuery),
  };
}

/** The status that a response carries, classified; undefined where it carries none. */
function findStatus({ context, settings, statusWords }: Evidence) {
  const { statusQuery } = settings;
  const found = search(context, statusQuery);
  const all: readonly unknown[] = Array.isArray(found) ? (found as unknown[]) : [found];
  const members = all.filter(isStatus);
  if (members.length === 0) return undefined;
  const judge = (member: unknown) => judgeStatus(member, statusQuery, statusWords);
  return {
    state: combine(all.map(judge)),
    providerStatus: distinctStatuses(members.map(toText)).join(', '),
    unknownStatuses: distinctStatuses(
      members.filter((one) => judge(one) === 'unknown').map(toText),
    ),
  };
}

const isStatus = (value: unknown): boolean =>
  value !== null && !(typeof value === 'string' && value.trim() === '');

function judgeStatus(status: unknown, query: string, customWords: StatusWords): JobState {
  if (typeof status === 'boolean') return status ? 'successful' : 'pending';
  if (!isStatus(status)) return 'pending';
  if (typeof status === 'string' || typeof status === 'number')
    return classify(toText(status), customWords, COMMON_STATUS_WORDS);
  const text = `status-query “${query}” finds ${describeShape(status)}; it must find a text, true, false, or a list of these`;
  throw new PermanentError(text, 'bad-response');
}

/**
 * Where a 303 or 302 that is listed as success points: the result.
 *
 * @throws PermanentError where that is another host, as it is for a login page
 */
function redirectTarget(response: HttpResponse): string {
  const { status, headers, url } = response;
  if (status < 300 || status > 399) return '';
  const { location = '' } = headers;
  const isHere = location !== '' && URL.canParse(location, url.href);
  if (!isHere || new URL(location, url).origin !== url.origin) throw httpError(response, '');
  return new URL(location, url).href;
}
