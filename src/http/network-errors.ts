import { PermanentError, TransientError } from '../domain/errors.ts';

/** Codes of certificate errors, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED =
  /^(ERR_TLS_)?CERT_|SELF_SIGNED|^UNABLE_TO_|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|PATH_LENGTH/;

/** Alerts by which a server refuses a client, https://www.rfc-editor.org/rfc/rfc8446#section-6.2 */
const CLIENT_REFUSED =
  /alert (bad certificate|certificate \w+|unknown ca|unsupported certificate|access denied|handshake failure)/;

/** Codes of a connection that the other side drops, for a reader, a writer, and on Windows. */
const CONNECTION_DROPPED = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/**
 * Turns what a request to `url` threw into a typed error that says what to do.
 *
 * @param hasOwnCertificates whether the step was given certificates
 */
export function networkErrorFrom(error: unknown, url: URL, hasOwnCertificates: boolean): Error {
  if (error instanceof PermanentError || error instanceof TransientError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  const alert = CLIENT_REFUSED.exec(message)?.[0];
  if (alert !== undefined) {
    const text = `${url.host} wants another client certificate (TLS ${alert}); see client-certificate and client-key`;
    return new PermanentError(text, 'rejected', options);
  }
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
    hasOwnCertificates && CONNECTION_DROPPED.includes(code) && !isProxy
      ? ' (some servers hang up like this on a client certificate that they do not accept)'
      : '';
  const where = isProxy ? `the proxy on the way to ${url.host}` : url.host;
  const text = `no response from ${where}: ${message === '' ? code : message}${hint}`;
  return new TransientError(text, 'unreachable', options);
}
