import type { Secrets } from '../text/secrets.ts';
import { splitLines } from './parse.ts';
import type { GetInput } from './reader.ts';

/** Inputs that are masked the moment they are read. */
const SECRET_INPUTS = [
  ...['token', 'password', 'client-secret', 'app-key'],
  ...['client-certificate', 'client-key', 'ca-certificate'],
];
const ACCOUNT_NAME_INPUTS = ['username', 'client-id'];

/** Pairs that travel as one Base64 text. */
const PAIRS = [
  ['username', 'password'],
  ['client-id', 'client-secret'],
  ['app-key', 'client-secret'],
] as const;

const SECRET_HEADER_NAME = /authorization|key|token|secret|cookie/i;

/** A shorter value is part of too many words: no key is that short. */
const SHORTEST_SECRET = 4;

/** Registers every secret input, before anything else is done with any. */
export function registerSecrets(get: GetInput, secrets: Secrets): void {
  for (const name of SECRET_INPUTS) secrets.add(get(name));
  for (const name of ACCOUNT_NAME_INPUTS) secrets.addName(get(name));
  for (const [user, secret] of PAIRS) {
    if (get(secret) === '') continue;
    const pair = [get(user), get(secret)];
    secrets.add(pair.join(':'));
    secrets.add(pair.map((text) => encodeURIComponent(text.toWellFormed())).join(':'));
  }
  // Some APIs take their key as a user name, with no password.
  if (get('password') === '' && get('username') !== '') secrets.add(`${get('username')}:`);
  registerHeaders(get('headers'), secrets);
  registerHeaders(get('report-headers'), secrets);
}

/** Registers the values of secret headers, whole and in their parts (`Bearer …`, `sid=…; …`). */
function registerHeaders(text: string, secrets: Secrets): void {
  for (const line of splitLines(text)) {
    const [name = '', ...rest] = line.split(':');
    if (!SECRET_HEADER_NAME.test(name)) continue;
    const value = rest.join(':').trim();
    const credentials = /^[\w!#$%&'*+.^|~-]+\s+(\S.*)$/.exec(value)?.[1] ?? '';
    const parts = value.split(/[;,]\s*/).map((part) => /=\s*"?([^"]*)/.exec(part)?.[1] ?? '');
    for (const secret of [value, credentials, ...parts]) {
      if (secret.length >= SHORTEST_SECRET) secrets.add(secret);
    }
  }
}
