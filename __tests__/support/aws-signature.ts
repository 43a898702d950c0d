import { createHash, createHmac } from 'node:crypto';
import type { Asked } from './api-server.js';

/** Credentials as aws-actions/configure-aws-credentials leaves them in the environment. */
export const awsEnvironment = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'a-session-token/with+signs==',
};

export const awsSecrets = (): string[] => [
  awsEnvironment.AWS_SECRET_ACCESS_KEY,
  awsEnvironment.AWS_SESSION_TOKEN,
];

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/([^/]+)\/aws4_request), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/**
 * What is wrong with the signature of a request, '' if nothing. Written from the description of the algorithm,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureProblem(
  { line, headers, body }: Asked,
  { region, service }: { readonly region: string; readonly service: string },
): string {
  const { authorization = '', 'x-amz-date': time = '' } = headers as Record<string, string>;
  const [, key, scope = '', day = '', inRegion = '', forService = '', signed = '', signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (key !== awsEnvironment.AWS_ACCESS_KEY_ID) return `the key is ${key}`;
  if (inRegion !== region || forService !== service) return `the scope is ${scope}`;
  if (!time.startsWith(day)) return `the scope is of ${day}, the request of ${time}`;
  const names = signed.split(';');
  const unsigned = Object.keys(headers).find(
    (name) => /^(host|content-type|x-amz-.*)$/.test(name) && !names.includes(name),
  );
  if (unsigned !== undefined) return `${unsigned} is not signed`;

  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const canonical = [
    method,
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  let derived: Buffer = Buffer.from(`AWS4${awsEnvironment.AWS_SECRET_ACCESS_KEY}`);
  for (const part of scope.split('/')) derived = hmac(derived, part);
  return hmac(derived, text).toString('hex') === signature ? '' : `not signed:\n${canonical}`;
}

/** When a request says that it was signed. */
export function signedAtMs({ headers }: Asked): number {
  const time = String(headers['x-amz-date']);
  return Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

const canonicalQuery = (query: string): string =>
  [...new URLSearchParams(query)]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');

/** All but the unreserved characters of https://www.rfc-editor.org/rfc/rfc3986#section-2.3 */
const encode = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const sign = String.fromCharCode(byte);
      const code = byte.toString(16).toUpperCase().padStart(2, '0');
      return /[\w.~-]/.test(sign) ? sign : `%${code}`;
    })
    .join('');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
