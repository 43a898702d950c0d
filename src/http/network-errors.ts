import { PermanentFault, TransientFault } from '../domain/errors.ts';

/** Codes of certificate faults, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED =
  /^(ERR_TLS_)?CERT_|SELF_SIGNED|^UNABLE_TO_|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|PATH_LENGTH/;

/** Alerts by which a server turns a client down, https://www.rfc-editor.org/rfc/rfc8446#section-6.2 */
const CLIENT_REFUSED =
  /alert (bad certificate|certificate \w+|unknown ca|unsupported certificate|access denied|handshake failure)/;

/** How a connection ends that the other side drops, as a reader and as a writer, and so on Windows. */
const HUNG_UP = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/**
 * Turns what was thrown on the way to `url` and back into a fault that says what to do.
 *
 * @param hasOwnCertificates whether the step was given certificates
 */
export function networkFaultOf(error: unknown, url: URL, hasOwnCertificates: boolean): Error {
  if (error instanceof PermanentFault || error instanceof TransientFault) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  const alert = CLIENT_REFUSED.exec(message)?.[0];
  if (alert !== undefined) {
    const text = `${url.host} wants another client certificate (TLS ${alert}); see client-certificate and client-key`;
    return new PermanentFault(text, 'rejected', options);
  }
  if (UNTRUSTED.test(code)) {
    const text =
      `the certificate of ${url.host} is not trusted: ${message} (${code}); ` +
      'if a private authority signed it, give that one in ca-certificate';
    return new PermanentFault(text, 'unreachable', options);
  }
  if (message.includes('statusCode=407')) {
    const text =
      'the proxy wants other credentials (HTTP 407); they are in the https_proxy of the runner';
    return new PermanentFault(text, 'rejected', options);
  }
  if (code.startsWith('Z_') || code.startsWith('ERR_BROTLI')) {
    const text = `the answer of ${url.host} could not be unpacked: ${message}`;
    return new TransientFault(text, 'bad-answer', options);
  }
  if (/cause=.*certificate/.test(message)) {
    const text = `the certificate of the proxy is not trusted: ${message}; give its authority to the runner in NODE_EXTRA_CA_CERTS`;
    return new PermanentFault(text, 'unreachable', options);
  }
  const isProxy = message.startsWith('tunneling socket');
  const hint =
    hasOwnCertificates && HUNG_UP.includes(code) && !isProxy
      ? ' (some servers hang up like this on a client certificate that they do not accept)'
      : '';
  const where = isProxy ? `the proxy on the way to ${url.host}` : url.host;
  const text = `no answer from ${where}: ${message === '' ? code : message}${hint}`;
  return new TransientFault(text, 'unreachable', options);
}
