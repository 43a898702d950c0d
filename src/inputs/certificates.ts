import type { SecureContext } from 'node:tls';
import { createContext, parseCertificates, parsePrivateKey } from '../http/tls.ts';
import { quote } from '../text/inert.ts';
import type { GetInput, InputReader } from './reader.ts';

/** What https connections use, where the step was given certificates. */
export interface SecureContexts {
  /** To the provider and where its tokens are issued. */
  readonly provider: SecureContext | undefined;
  /** To other hosts, which never get the client certificate. */
  readonly others: SecureContext | undefined;
  readonly hasClientCertificate: boolean;
}

/** Where one of these begins with http:, the provider is on this machine and speaks no TLS. */
const URL_INPUTS = ['base-url', 'url', 'start-url'];

/**
 * Has Node.js read the CAs that it trusts, unless there will be no TLS. From Node.js 24 on it does so in a thread of its
 * own as soon as its module of TLS is loaded: what takes as long as a poll is done by the time of the first one.
 */
export function readCasAhead(get: GetInput): void {
  const isPlain = URL_INPUTS.some((name) => /^http:/i.test(get(name)));
  if (!isPlain) process.getBuiltinModule('node:tls');
}

/**
 * The certificates of the step, checked.
 *
 * @param nowMs no certificate may have expired by then
 */
export function readCertificates(
  { get, problems, read }: InputReader,
  nowMs: number,
): SecureContexts {
  const parse = (text: string) => (text === '' ? [] : parseCertificates(text, nowMs));
  const chain = read('client-certificate', parse, []);
  const cas = read('ca-certificate', parse, []);
  const parseKey = (text: string) => (text === '' ? undefined : parsePrivateKey(text));
  const key = read('client-key', parseKey, undefined);
  const leaf = chain.find((one) => key !== undefined && one.checkPrivateKey(key)) ?? chain[0];
  if ((get('client-certificate') === '') !== (get('client-key') === '')) {
    problems.push('`client-certificate` and `client-key` go together; give both or neither');
  }
  if (leaf !== undefined && key !== undefined && !leaf.checkPrivateKey(key)) {
    const name = quote(leaf.subject.replaceAll('\n', ', '));
    problems.push(`\`client-key\` is not the key of \`client-certificate\` (${name})`);
  }
  // Wherever it stands in the text, the client's own certificate is the one to begin with.
  const client = key && leaf && { chain: [leaf, ...chain.filter((one) => one !== leaf)], key };
  const contextWith = (own: typeof client) =>
    problems.length > 0 || (own === undefined && cas.length === 0)
      ? undefined
      : read('client-certificate', () => createContext({ client: own, cas }), undefined);
  const provider = contextWith(client);
  return {
    provider,
    others: client === undefined ? provider : contextWith(undefined),
    hasClientCertificate: client !== undefined,
  };
}
