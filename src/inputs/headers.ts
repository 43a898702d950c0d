import { splitLines } from './parse.ts';

/** Headers that belong to the connection, or that the client itself sets. */
const RESERVED_HEADERS = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'range'],
];

/** Names of headers whose values are secrets. */
export const SECRET_HEADER_NAME = /auth|pass|session|sign|credential|sid|key|token|secret|cookie/i;

/** More than servers take in one header, and too much to be looked for in all that is written. */
const LONGEST_VALUE = 16 * 1024;

/** What a template or a shell writes in place of a secret that is not set. */
export const STANDS_FOR_NOTHING = /^(null|undefined|\*+)$/i;

/**
 * Lines `Name: value` as https://www.rfc-editor.org/rfc/rfc9110#section-5 has them.
 *
 * @throws Error that names the header, and never its value
 */
export function parseHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  const seen = new Set<string>();
  for (const [index, line] of splitLines(text).entries()) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new Error(`has a line, number ${index + 1}, that is not “Name: value”`);
    }
    const key = name.toLowerCase();
    if (RESERVED_HEADERS.includes(key) || key.startsWith('if-')) {
      throw new Error(`must not set ${name}, which the client itself does`);
    }
    if (seen.has(key)) throw new Error(`sets ${name} twice`);
    seen.add(key);
    const value = line.slice(colon + 1).trim();
    const problem = findValueProblem(name, value);
    if (problem !== undefined) throw new Error(problem);
    headers[name] = value;
  }
  return headers;
}

/** What is wrong with the value of a header; never says the value. */
function findValueProblem(name: string, value: string): string | undefined {
  if (value === '') return `has no value in ${name}; is its secret set?`;
  if (value.length > LONGEST_VALUE)
    return `has over 16 KiB in ${name}, more than a header can carry`;
  const [scheme] = /^(bearer|basic|token)$/i.exec(value) ?? [];
  if (scheme !== undefined) return `has \`${scheme}\` and no token in ${name}; is its secret set?`;
  if (/^bearer\s+bearer(\s|$)/i.test(value)) {
    return `has \`Bearer\` twice in ${name}; the secret holds it already, so leave it out before the secret`;
  }
  const secret = value.replace(/^(bearer|basic|token)\s+/i, '').replace(/^(["'])(.*)\1$/, '$2');
  if (SECRET_HEADER_NAME.test(name) && (secret === '' || STANDS_FOR_NOTHING.test(secret))) {
    return `has a value in ${name} that no secret has; is its secret set?`;
  }
  const second = /\s([A-Z][\w-]*|[A-Za-z]\w*(?:-\w+)+):\s/.exec(value);
  if (second !== null) {
    return `has a second header, ${second[1] ?? ''}, in the line of ${name}; write one per line, after \`headers: |\``;
  }
  if (/[^\t\x20-\x7E]/.test(value)) {
    return `has in ${name} a character that a header cannot carry; only printable ASCII can be sent`;
  }
  return undefined;
}
