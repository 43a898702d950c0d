import { PermanentError, TransientError } from '../domain/errors.ts';
import type { Problem } from '../domain/job.ts';

/** Codes of certificate errors, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED =
  /^(ERR_TLS_)?CERT_|SELF_SIGNED|^UNABLE_TO_|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|PATH_LENGTH/;

/** Alerts that speak of a client certificate, https://www.rfc-editor.org/rfc/rfc8446#section-6.2 */
const CERTIFICATE_ALERT = /^(bad|unsupported) certificate|^certificate|^unknown ca$|^access denied/;

/** Alerts that another try does not change. */
const LASTING_ALERT =
  /^(protocol version|insufficient security|unrecognized name|no application protocol)/;

/** Codes of a connection that the other side drops, for a reader, a writer, and on Windows. */
const CONNECTION_DROPPED = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/** What is known of the way to a host. */
export interface Route {
  readonly url: URL;
  readonly hasClientCertificate: boolean;
  /** Host and port of the proxy, where one is on the way. */
  readonly proxy: string | undefined;
  /** Whether the way was open, so that the request may have got there. */
  readonly isOpen: boolean;
}

type FailureOptions = ErrorOptions & { readonly isUnsent: boolean };

/** Turns what a request threw into a typed error that says what happened, and whether it may pass. */
export function networkErrorFrom(error: unknown, route: Route): Error {
  if (error instanceof PermanentError || error instanceof TransientError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const { url, hasClientCertificate } = route;
  const options: FailureOptions = { cause: error, isUnsent: !route.isOpen };
  if (message.startsWith('tunneling socket')) return proxyError(message, route, options);
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return handshakeError(message, route, options);
  if (UNTRUSTED.test(code)) {
    // Node.js adds advice about its own options, which nobody can set for an action.
    const text = `certificate of ${url.host} is not trusted: ${message.split(';')[0] ?? ''} (${code})`;
    // A CA that is given mends no date, and no name of a host.
    const problem = /SELF_SIGNED|UNABLE_TO_/.test(code) ? 'certificate-untrusted' : undefined;
    return new PermanentError(text, 'unreachable', { ...options, problem });
  }
  // Node.js names the errors of brotli ERR_ and then again _ERROR….
  if (/^(Z_|ERR_BROTLI|ERR__ERROR|ERR_ZSTD|ZSTD_)/.test(code)) {
    const text = `the response of ${url.host} could not be decompressed: ${message}`;
    return new TransientError(text, 'bad-response', options);
  }
  if (CONNECTION_DROPPED.includes(code) || message === 'aborted') {
    const hint = hasClientCertificate
      ? ' (some servers hang up like this on a client certificate that they do not accept)'
      : '';
    const text = `${url.host} closed the connection (${code || message})${hint}`;
    return new TransientError(text, 'unreachable', { ...options, problem: 'connection-closed' });
  }
  const why = withoutHost(message === '' ? code : message, url.host);
  const text = `no response from ${url.host}: ${why}`;
  return new TransientError(text, 'unreachable', { ...options, problem: PROBLEM_BY_CODE[code] });
}

/** What Node.js says without the host at its end, which a message names already. */
function withoutHost(text: string, host: string): string {
  const ends = [host, host.replace(/:\d+$/, '')];
  const end = ends.find((one) => text.endsWith(` ${one}`));
  return end === undefined ? text : text.slice(0, -end.length - 1);
}

const PROBLEM_BY_CODE: Readonly<Record<string, Problem>> = {
  ENOTFOUND: 'host-unknown',
  EAI_AGAIN: 'host-unknown',
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'connection-refused',
  ENETUNREACH: 'connection-refused',
};

/** What `tunnel` says of a proxy: the HTTP status of its refusal, or why it was not reached. */
function proxyError(message: string, { url, proxy = '' }: Route, options: FailureOptions): Error {
  const [, status = ''] = /statusCode=(\d+)/.exec(message) ?? [];
  const [, cause = ''] = /cause=(.*)/.exec(message) ?? [];
  if (status === '407') {
    const text = `proxy ${proxy} wants other credentials (HTTP 407)`;
    return new PermanentError(text, 'rejected', { ...options, problem: 'proxy-credentials' });
  }
  if (status !== '') {
    const text = `proxy ${proxy} refused to connect to ${url.host} (HTTP ${status})`;
    return new TransientError(text, 'unreachable', { ...options, problem: 'proxy-refused' });
  }
  if (cause.includes('certificate')) {
    const text = `the certificate of proxy ${proxy} is not trusted: ${cause.split(';')[0] ?? ''}; give its CA to the runner in NODE_EXTRA_CA_CERTS`;
    return new PermanentError(text, 'unreachable', options);
  }
  const text = `proxy ${proxy} does not respond: ${withoutHost(cause || message, proxy)}`;
  return new TransientError(text, 'unreachable', { ...options, problem: 'proxy-unreachable' });
}

function handshakeError(
  message: string,
  { url: { host }, hasClientCertificate }: Route,
  options: FailureOptions,
): Error {
  const [, alert] = /alert ([a-z ]+)/.exec(message) ?? [];
  // Node.js gives what OpenSSL says: numbers, `SSL routines`, a function, then the reason.
  const [, reason = message] = /SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  const text = `TLS handshake failed: ${host} ${alert === undefined ? `gave “${reason}”` : `sent the alert “${alert}”`}`;
  if (alert === 'certificate required' && !hasClientCertificate) {
    const advice = 'it wants a client certificate; give `client-certificate` and `client-key`';
    return new PermanentError(`${text}; ${advice}`, 'rejected', options);
  }
  const isCertificate = CERTIFICATE_ALERT.test(alert ?? '') || alert === 'handshake failure';
  if (hasClientCertificate && isCertificate) {
    const advice =
      'it may want another client certificate; see `client-certificate` and `client-key`';
    return new PermanentError(`${text}; ${advice}`, 'rejected', options);
  }
  if (alert === 'handshake failure') return new PermanentError(text, 'rejected', options);
  if (LASTING_ALERT.test(alert ?? '')) return new PermanentError(text, 'unreachable', options);
  const isOtherProtocol = /wrong version number|packet length|http request/.test(reason);
  const problem = isOtherProtocol ? 'connection-refused' : undefined;
  const hint = isOtherProtocol ? ', so it may speak no https at this port' : '';
  return new TransientError(`${text}${hint}`, 'unreachable', { ...options, problem });
}
