import { PermanentError, TransientError } from '../domain/errors.ts';

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

/**
 * Turns what a request to `url` threw into a typed error that says what to do.
 *
 * @param hasClientCertificate whether the step was given one
 */
export function networkErrorFrom(error: unknown, url: URL, hasClientCertificate: boolean): Error {
  if (error instanceof PermanentError || error instanceof TransientError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (/^(EPROTO|ERR_SSL_)/.test(code))
    return handshakeError(message, url, hasClientCertificate, options);
  if (UNTRUSTED.test(code)) {
    const text =
      `the certificate of ${url.host} is not trusted: ${message} (${code}); ` +
      'if a private CA signed it, give that CA in ca-certificate';
    return new PermanentError(text, 'unreachable', options);
  }
  if (message.includes('statusCode=407')) {
    const text =
      'the proxy wants other credentials (HTTP 407); they are in the https_proxy of the runner';
    return new PermanentError(text, 'rejected', options);
  }
  // Node.js names the errors of brotli ERR_ and then again _ERROR….
  if (/^(Z_|ERR_BROTLI|ERR__ERROR|ERR_ZSTD|ZSTD_)/.test(code)) {
    const text = `the response of ${url.host} could not be decompressed: ${message}`;
    return new TransientError(text, 'bad-response', options);
  }
  if (/cause=.*certificate/.test(message)) {
    const text = `the certificate of the proxy is not trusted: ${message}; give its CA to the runner in NODE_EXTRA_CA_CERTS`;
    return new PermanentError(text, 'unreachable', options);
  }
  const isProxy = message.startsWith('tunneling socket');
  const hint =
    hasClientCertificate && CONNECTION_DROPPED.includes(code) && !isProxy
      ? ' (some servers hang up like this on a client certificate that they do not accept)'
      : '';
  const where = isProxy ? `the proxy on the way to ${url.host}` : url.host;
  const text = `no response from ${where}: ${message === '' ? code : message}${hint}`;
  return new TransientError(text, 'unreachable', options);
}

function handshakeError(
  message: string,
  { host }: URL,
  hasClientCertificate: boolean,
  options: ErrorOptions,
): Error {
  const [, alert] = /alert ([a-z ]+)/.exec(message) ?? [];
  // Node.js gives what OpenSSL says: numbers, `SSL routines`, a function, then the reason.
  const [, reason = message] = /SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  const text = `TLS handshake failed: ${host} ${alert === undefined ? `gave “${reason}”` : `sent the alert “${alert}”`}`;
  if (alert === 'certificate required' && !hasClientCertificate) {
    const advice = 'it wants a client certificate; give client-certificate and client-key';
    return new PermanentError(`${text}; ${advice}`, 'rejected', options);
  }
  const isCertificate = CERTIFICATE_ALERT.test(alert ?? '') || alert === 'handshake failure';
  if (hasClientCertificate && isCertificate) {
    const advice = 'it may want another client certificate; see client-certificate and client-key';
    return new PermanentError(`${text}; ${advice}`, 'rejected', options);
  }
  if (alert === 'handshake failure') return new PermanentError(text, 'rejected', options);
  if (LASTING_ALERT.test(alert ?? '')) return new PermanentError(text, 'unreachable', options);
  const hint = /wrong version number|packet length|http request/.test(reason)
    ? '; does it speak https at this port?'
    : '';
  return new TransientError(`${text}${hint}`, 'unreachable', options);
}
