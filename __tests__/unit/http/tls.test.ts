import { expect, test } from '@jest/globals';
import { parseCertificates } from '../../../src/http/tls.js';
import { createCa } from '../../support/certificates.js';

test('a certificate is good from its first day to its last', async () => {
  const { cert } = await createCa('Acme CA');
  expect(parseCertificates(cert, Date.now())).toHaveLength(1);
  expect(() => parseCertificates(cert, 0)).toThrow(/^is not valid before .* \(CN=Acme CA\)$/);
  expect(() => parseCertificates(cert, Date.UTC(9999, 0))).toThrow(/^has expired on .*Acme CA/);
});
