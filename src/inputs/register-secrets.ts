import type { Secrets } from '../text/secrets.ts';
import { counted } from '../text/format.ts';
import { SECRET_HEADER_NAME, STANDS_FOR_NOTHING } from './headers.ts';
import { splitLines } from './parse.ts';
import type { GetInput, InputReader } from './reader.ts';

/** Inputs that are masked the moment they are read. PEM texts are long; the others fit into a header. */
const SECRET_INPUTS = ['token', 'password', 'client-secret', 'app-key'] as const;
const PEM_INPUTS = ['client-certificate', 'client-key', 'ca-certificate', 'private-key'] as const;

/** Pairs that travel as one Base64 text. The name in it is no secret, but the pair is. */
const PAIRS = [
  ['username', 'password'],
  ['client-id', 'client-secret'],
  ['app-key', 'client-secret'],
] as const;

/** A shorter value is part of too many words to be masked: no key is that short. */
const SHORTEST_SECRET = 4;
/** More fits into no header. */
const LONGEST_SECRET = 16 * 1024;

/** How a header begins that lacks its token. */
const SCHEME = /^(bearer|basic|token)$/i;

/** Whether a text can be a secret. */
export const isSecret = (text: string): boolean =>
  text.length >= SHORTEST_SECRET && !STANDS_FOR_NOTHING.test(text) && !SCHEME.test(text);

/** What is longer is refused before anything is written about it. */
const fitsIndex = (text: string): boolean =>
  text.length <= LONGEST_SECRET || text.includes('-----BEGIN ');

/** What aws-actions/configure-aws-credentials leaves in the environment. */
const AWS_SECRETS = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** Registers every secret that is given, before anything else is done with any. */
export function registerSecrets(
  get: GetInput,
  environment: NodeJS.ProcessEnv,
  { add: addSecret }: Pick<Secrets, 'add'>,
): void {
  const add = (text: string) => {
    const bare = text.replace(/^((bearer|basic|token)\s+)+/i, '');
    const unquoted = /^(["'])(.+)\1$/.exec(bare)?.[2] ?? bare;
    for (const secret of new Set([text, bare, unquoted])) {
      if (isSecret(secret) && fitsIndex(secret)) addSecret(secret);
    }
  };
  for (const name of [...SECRET_INPUTS, ...PEM_INPUTS]) add(get(name));
  for (const [user, secret] of PAIRS) {
    if (!isSecret(get(secret))) continue;
    const pair = [get(user), get(secret)];
    add(pair.join(':'));
    add(pair.map((text) => encodeURIComponent(text.toWellFormed())).join(':'));
  }
  // Some APIs take their key as a user name, with no password: then the name is the secret.
  if (get('password') === '' && get('username') !== '') {
    add(get('username'));
    add(`${get('username')}:`);
  }
  registerHeaders(get('headers'), add);
  registerHeaders(get('report-headers'), add);
  registerHeaders(get('start-headers'), add);
  if (get('aws-region') !== '' || get('aws-service') !== '') {
    for (const name of AWS_SECRETS) add(environment[name]?.trim() ?? '');
  }
}

/** Notes secrets that cannot be what they should be: too short, too long, or what stands for nothing. */
export function checkSecrets({ get, problems }: InputReader, environment: NodeJS.ProcessEnv): void {
  for (const name of [...SECRET_INPUTS, ...PEM_INPUTS]) {
    const isGiven = (environment[`INPUT_${name.toUpperCase()}`] ?? '') !== '';
    if (isGiven && get(name) === '') {
      problems.push(`\`${name}\` is only blanks; is \`${name}\` really set to its value?`);
    }
  }
  for (const name of SECRET_INPUTS) {
    const secret = get(name).replace(/^bearer\s+/i, '');
    if (secret === '' || /^bearer$/i.test(secret)) continue;
    const isNothing = STANDS_FOR_NOTHING.test(secret);
    if (isNothing || secret.length < SHORTEST_SECRET) {
      const what = isNothing
        ? 'is a placeholder and no secret'
        : `has only ${counted(secret.length, 'character')}`;
      problems.push(`\`${name}\` ${what}; is \`${name}\` really set to its value?`);
    }
    if (secret.length > LONGEST_SECRET) {
      problems.push(
        `\`${name}\` has over 16 KiB, more than a header can carry; is it the right secret?`,
      );
    }
  }
}

/** Registers the values of secret headers, whole and in their parts (`Bearer …`, `sid=…; …`). */
function registerHeaders(text: string, add: (secret: string) => void): void {
  for (const line of splitLines(text)) {
    const [name = '', ...rest] = line.split(':');
    if (!SECRET_HEADER_NAME.test(name)) continue;
    const value = rest.join(':').trim();
    const credentials = /^[\w!#$%&'*+.^|~-]+\s+(\S.*)$/.exec(value)?.[1] ?? '';
    const parts = value.split(/[;,]\s*/).map((part) => /=\s*"?([^"]*)/.exec(part)?.[1] ?? '');
    for (const secret of [value, credentials, ...parts]) add(secret);
  }
}
