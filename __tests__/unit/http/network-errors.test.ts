import { describe, expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import { networkErrorFrom, type Route } from '../../../src/http/network-errors.js';

const route: Route = {
  url: new URL('https://api.example:8443/status?key=k'),
  hasClientCertificate: false,
  proxy: 'proxy.example:3128',
  isOpen: true,
};

const errorOf = (message: string, code = '', changes: Partial<Route> = {}) =>
  networkErrorFrom(Object.assign(new Error(message), { code }), { ...route, ...changes });

const transient = TransientError.name;
const permanent = PermanentError.name;

describe('a proxy is named with host and port', () => {
  const tunnel = 'tunneling socket could not be established, ';
  test.each([
    [
      `${tunnel}statusCode=403`,
      [transient, 'unreachable', 'proxy-refused'],
      'proxy proxy.example:3128 refused to connect to api.example:8443 (HTTP 403)',
    ],
    [
      `${tunnel}statusCode=502`,
      [transient, 'unreachable', 'proxy-refused'],
      'proxy proxy.example:3128 refused to connect to api.example:8443 (HTTP 502)',
    ],
    [
      `${tunnel}statusCode=407`,
      [permanent, 'rejected', 'proxy-credentials'],
      'proxy proxy.example:3128 wants other credentials (HTTP 407)',
    ],
    [
      `${tunnel}cause=connect ECONNREFUSED 127.0.0.1:1`,
      [transient, 'unreachable', 'proxy-unreachable'],
      'proxy proxy.example:3128 does not respond: connect ECONNREFUSED 127.0.0.1:1',
    ],
    [
      `${tunnel}cause=connect ECONNREFUSED proxy.example:3128`,
      [transient, 'unreachable', 'proxy-unreachable'],
      'proxy proxy.example:3128 does not respond: connect ECONNREFUSED',
    ],
    [
      `${tunnel}cause=self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca`,
      [permanent, 'unreachable', undefined],
      'the certificate of proxy proxy.example:3128 is not trusted: self-signed certificate; give its CA to the runner in NODE_EXTRA_CA_CERTS',
    ],
  ])('%s', (message, [name, reason, problem], text) => {
    expect(errorOf(message, 'ECONNRESET')).toMatchObject({ name, reason, problem, message: text });
  });
});

describe('a certificate that is not trusted', () => {
  test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    '%s is mended by its CA; what only Node.js could be told is left out',
    (code) => {
      const message = 'not good; if the root CA is installed locally, try running Node.js with --x';
      expect(errorOf(message, code)).toMatchObject({
        name: permanent,
        reason: 'unreachable',
        problem: 'certificate-untrusted',
        message: `certificate of api.example:8443 is not trusted: not good (${code})`,
      });
    },
  );

  test.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'])(
    '%s is not mended by a CA',
    (code) => {
      expect(errorOf('not good', code)).toMatchObject({ name: permanent, problem: undefined });
    },
  );
});

describe('a handshake that fails', () => {
  const alert = (text: string, number: number) =>
    `C0:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert ${text}:../rec_layer_s3.c:916:SSL alert number ${number}\n`;
  const reason = (text: string) =>
    `C0:error:0A00010B:SSL routines:tls_validate_record_header:${text}:../tls_common.c:80:\n`;

  test.each<[string, string, boolean, (string | undefined)[], string]>([
    [
      'a refusal',
      alert('handshake failure', 40),
      false,
      [permanent, 'rejected'],
      'TLS handshake failed: api.example:8443 sent the alert “handshake failure”',
    ],
    [
      'a certificate that is wanted',
      alert('certificate required', 116),
      false,
      [permanent, 'rejected'],
      'TLS handshake failed: api.example:8443 sent the alert “certificate required”; it wants a client certificate; give `client-certificate` and `client-key`',
    ],
    [
      'a certificate that is not accepted',
      alert('unknown ca', 48),
      true,
      [permanent, 'rejected'],
      'TLS handshake failed: api.example:8443 sent the alert “unknown ca”; it may want another client certificate; see `client-certificate` and `client-key`',
    ],
    [
      'an old server',
      alert('protocol version', 70),
      false,
      [permanent, 'unreachable'],
      'TLS handshake failed: api.example:8443 sent the alert “protocol version”',
    ],
    [
      'a moment of weakness',
      alert('internal error', 80),
      false,
      [transient, 'unreachable'],
      'TLS handshake failed: api.example:8443 sent the alert “internal error”',
    ],
    [
      'a server that speaks no TLS',
      reason('wrong version number'),
      false,
      [transient, 'unreachable'],
      'TLS handshake failed: api.example:8443 gave “wrong version number”, so it may speak no https at this port',
    ],
    [
      'anything else',
      reason('bad record type'),
      false,
      [transient, 'unreachable'],
      'TLS handshake failed: api.example:8443 gave “bad record type”',
    ],
    [
      'what OpenSSL does not explain',
      'EPROTO',
      false,
      [transient, 'unreachable'],
      'TLS handshake failed: api.example:8443 gave “EPROTO”',
    ],
  ])('%s', (_, message, hasClientCertificate, [name, reasonOf], text) => {
    expect(errorOf(message, 'EPROTO', { hasClientCertificate })).toMatchObject({
      ...{ name, reason: reasonOf, message: text },
    });
  });
});

describe('a connection that breaks', () => {
  test.each(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])('%s', (code) => {
    expect(errorOf('socket hang up', code)).toMatchObject({
      name: transient,
      problem: 'connection-closed',
      message: `api.example:8443 closed the connection (${code})`,
    });
  });

  test('in the middle of a body', () => {
    expect(errorOf('aborted').message).toBe('api.example:8443 closed the connection (aborted)');
  });

  test('may not have liked the client certificate', () => {
    expect(errorOf('x', 'ECONNRESET', { hasClientCertificate: true }).message).toBe(
      'api.example:8443 closed the connection (ECONNRESET) (some servers hang up like this on a client certificate that they do not accept)',
    );
  });
});

test.each([
  ['getaddrinfo ENOTFOUND api.example', 'ENOTFOUND', 'host-unknown'],
  ['getaddrinfo EAI_AGAIN api.example', 'EAI_AGAIN', 'host-unknown'],
  ['connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED', 'connection-refused'],
  ['connect EHOSTUNREACH 10.0.0.1:1', 'EHOSTUNREACH', 'connection-refused'],
])('%s', (message, code, problem) => {
  // The host is named once.
  const text = `no response from api.example:8443: ${message.replace(' api.example', '')}`;
  expect(errorOf(message, code)).toMatchObject({ name: transient, problem, message: text });
});

test('an error without a message is named by its code', () => {
  expect(errorOf('', 'ETIMEDOUT').message).toBe('no response from api.example:8443: ETIMEDOUT');
});

test('what is typed already stays as it is', () => {
  const error = new TransientError('known', 'unreachable');
  expect(networkErrorFrom(error, route)).toBe(error);
});
