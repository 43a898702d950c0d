import { createHash } from 'node:crypto';
import type { HttpRequest } from '../http/transport.ts';

/** Names of headers whose values may be others when the run is repeated: tokens, signatures, ids of a request. */
const CHANGING_HEADER =
  /access|auth|pass|session|sign|credential|sid|key|token|secret|cookie|(request|correlation|trace).?id|traceparent/i;

/**
 * A value that is the same whenever this step of this run asks for the same, also when the run is repeated, and
 * another for every other step, run or request: legs of a matrix share job and step, and differ in what they ask.
 *
 * @returns a UUID, which every service takes
 */
export function idempotencyKey(
  { method, url, headers = {}, body = '' }: HttpRequest,
  { GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB, GITHUB_ACTION }: NodeJS.ProcessEnv,
): string {
  const step = [GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB, GITHUB_ACTION];
  const lasting = Object.entries(headers)
    .filter(([name]) => !CHANGING_HEADER.test(name))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .sort();
  const text = JSON.stringify([...step, method, url.href, lasting, body]);
  const digits = createHash('sha256').update(text).digest('hex');
  // Version 8 is free for what an application derives, https://www.rfc-editor.org/rfc/rfc9562#section-5.8
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
  return [...parts, `a${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}
