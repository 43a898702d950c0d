import type { SecureContext } from 'node:tls';
import { registerHeaders } from './http-provider.ts';
import type { Reading } from './read-inputs.ts';
import { NEEDABLE, type Needable, type Vendor } from '../providers/provider.ts';
import type { Secrets } from '../text/secrets.ts';
import { quote } from '../text/inert.ts';
import { certificates, privateKey, secureContextOf } from '../http/tls.ts';

/** Inputs that are masked the moment they are read. */
const SECRETS = [
  ...['token', 'password', 'client-secret', 'app-key'],
  ...['client-certificate', 'client-key', 'ca-certificate'],
];
const NAMES = ['username', 'client-id'];

/** Pairs that travel as one Base64 text. */
const PAIRS = [
  ['username', 'password'],
  ['client-id', 'client-secret'],
  ['app-key', 'client-secret'],
] as const;

/** Inputs by which a workflow shows that it wants to log in. */
const LOG_IN = ['username', 'password', 'client-id', 'client-secret'];

/** Registers every secret input, before anything else is done with any. */
export function registerSecrets(get: Reading['get'], secrets: Secrets): void {
  for (const name of SECRETS) secrets.add(get(name));
  for (const name of NAMES) secrets.addName(get(name));
  for (const [user, secret] of PAIRS) {
    if (get(secret) === '') continue;
    const pair = [get(user), get(secret)];
    secrets.add(pair.join(':'));
    secrets.add(pair.map((text) => encodeURIComponent(text.toWellFormed())).join(':'));
  }
  // Some APIs take their key for a user name, with no password.
  if (get('password') === '' && get('username') !== '') secrets.add(`${get('username')}:`);
  registerHeaders(get('headers'), secrets);
}

/** Whether the step can log in; notes what is missing for the questions and for a log-in. */
export function readLogIn({ get, faults }: Reading, vendor: Vendor): boolean {
  const missing = (names: readonly Needable[]) => names.filter((name) => get(name) === '');
  const note = (name: Needable) => faults.push(`\`${name}\` is empty; give ${NEEDABLE[name]}`);
  missing(vendor.needs).forEach(note);

  const lacking = missing(vendor.logInNeeds);
  if (vendor.isOpen) {
    const wantsLogIn = get('token-url') !== '';
    if (wantsLogIn) lacking.forEach(note);
    else if (lacking.length < vendor.logInNeeds.length) note('token-url');
    return wantsLogIn && lacking.length === 0;
  }
  if (LOG_IN.some((name) => get(name) !== '')) {
    lacking.forEach(note);
  } else if (get('token') === '') {
    const names = vendor.logInNeeds.map((name) => `\`${name}\``).join(', ');
    faults.push(
      `\`token\` is empty; give an access token of ${vendor.title}, or ${names} to log in`,
    );
  }
  return lacking.length === 0;
}

/** What https connections are secured with, where the step was given certificates. */
export interface SecureContexts {
  /** To the vendor and where its tokens are issued. */
  readonly vendor: SecureContext | undefined;
  /** To all others: the client's own certificate is none of their business. */
  readonly others: SecureContext | undefined;
}

/** The certificates of the step, checked. */
export function readTls({ get, faults, read }: Reading): SecureContexts {
  const nowMs = Date.now();
  const certificatesIn = (text: string) => (text === '' ? [] : certificates(text, nowMs));
  const chain = read('client-certificate', certificatesIn, []);
  const authorities = read('ca-certificate', certificatesIn, []);
  const key = read('client-key', (text) => (text === '' ? undefined : privateKey(text)), undefined);
  const leaf = chain.find((one) => key !== undefined && one.checkPrivateKey(key)) ?? chain[0];
  if ((get('client-certificate') === '') !== (get('client-key') === '')) {
    faults.push('`client-certificate` and `client-key` go together; give both or neither');
  }
  if (leaf !== undefined && key !== undefined && !leaf.checkPrivateKey(key)) {
    const name = quote(leaf.subject.replaceAll('\n', ', '));
    faults.push(`\`client-key\` is not the key of \`client-certificate\` (${name})`);
  }
  // Wherever it stands in the text, the client's own certificate is the one to begin with.
  const client = key && leaf && { chain: [leaf, ...chain.filter((one) => one !== leaf)], key };
  const contextOf = (own: typeof client) =>
    faults.length > 0 || (own === undefined && authorities.length === 0)
      ? undefined
      : read('client-certificate', () => secureContextOf({ client: own, authorities }), undefined);
  return { vendor: contextOf(client), others: contextOf(undefined) };
}
