import { describe, expect, test } from '@jest/globals';
import { PermanentError, TransientError } from '../../../src/domain/errors.js';
import { networkErrorFrom } from '../../../src/http/network-errors.js';

const url = new URL('https://api.example:8443/jobs?key=value');
const error = (code: string, message: string) => Object.assign(new Error(message), { code });
const openssl = (reason: string, code = `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`) =>
  error(
    code,
    `E0080DA47F:error:0A000${reason.length}:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/ssl/record/rec_layer_s3.c:1600:`,
  );
const alert = (name: string, version = 'tlsv1') => openssl(`${version} alert ${name}`);

describe('an alert in a handshake is told with its name', () => {
  test.each([
    ['handshake failure', 'sslv3', 'rejected'],
    ['protocol version', 'tlsv1', 'unreachable'],
    ['insufficient security', 'tlsv1', 'unreachable'],
    ['no application protocol', 'tlsv1', 'unreachable'],
    ['unrecognized name', 'tlsv1', 'unreachable'],
  ])('%s ends the wait', (name, version, reason) => {
    const found = networkErrorFrom(alert(name, version), url, false);
    expect(found).toBeInstanceOf(PermanentError);
    expect(found).toMatchObject({ reason });
    expect(found.message).toBe(`TLS handshake failed: api.example:8443 sent the alert “${name}”`);
  });

  test.each(['internal error', 'decode error', 'user canceled'])('%s is polled through', (name) => {
    const found = networkErrorFrom(alert(name), url, false);
    expect(found).toBeInstanceOf(TransientError);
    expect(found.message).toBe(`TLS handshake failed: api.example:8443 sent the alert “${name}”`);
  });
});

describe('a client certificate', () => {
  const alerts = [
    ...['bad certificate', 'unknown ca', 'certificate expired', 'certificate revoked'],
    ...['certificate unknown', 'unsupported certificate', 'access denied', 'handshake failure'],
  ];

  test.each(alerts)('is not blamed for “%s” where none was given or asked for', (name) => {
    expect(networkErrorFrom(alert(name), url, false).message).not.toContain('client');
  });

  test.each([...alerts, 'certificate required'])(
    'is blamed for “%s” where one was given',
    (name) => {
      const found = networkErrorFrom(alert(name), url, true);
      expect(found).toBeInstanceOf(PermanentError);
      expect(found).toMatchObject({ reason: 'rejected' });
      expect(found.message).toContain(
        `sent the alert “${name}”; it may want another client certificate`,
      );
    },
  );

  test('is asked for where the server says that it is required', () => {
    const found = networkErrorFrom(alert('certificate required', 'tlsv13'), url, false);
    expect(found).toMatchObject({ reason: 'rejected' });
    expect(found.message).toContain('give client-certificate and client-key');
  });

  test.each(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])(
    'is thought of at %s only where one was given',
    (code) => {
      const reset = error(code, `read ${code}`);
      expect(networkErrorFrom(reset, url, false).message).not.toContain('certificate');
      expect(networkErrorFrom(reset, url, true).message).toContain('client certificate');
    },
  );
});

test.each(['wrong version number', 'packet length too long', 'http request'])(
  'a server that speaks no TLS is told of: “%s”',
  (reason) => {
    const found = networkErrorFrom(openssl(reason), url, true);
    expect(found).toBeInstanceOf(TransientError);
    expect(found.message).toBe(
      `TLS handshake failed: api.example:8443 gave “${reason}”; does it speak https at this port?`,
    );
  },
);

test.each([
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'HOSTNAME_MISMATCH'],
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_REVOKED', 'INVALID_CA', 'INVALID_PURPOSE'],
  ...['PATH_LENGTH_EXCEEDED'],
])('%s says that the certificate of the server is not trusted', (code) => {
  const found = networkErrorFrom(error(code, 'why'), url, true);
  expect(found).toBeInstanceOf(PermanentError);
  expect(found.message).toMatch(/^the certificate of api\.example:8443 is not trusted: why/);
});

test('no message shows the path or the query of a URL', () => {
  for (const one of [
    alert('unknown ca'),
    openssl('x'),
    error('ECONNRESET', 'reset'),
    error('', ''),
  ]) {
    expect(networkErrorFrom(one, url, true).message).not.toMatch(/\/jobs|key=|value/);
  }
});
