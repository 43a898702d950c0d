import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { algorithmsOf } from '../../../src/providers/login-method.js';

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const PSS = ['PS256', 'PS384', 'PS512'];

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 1024 }), ['RS256', 'RS384', 'RS512', ...PSS]],
  ['RSA-PSS', generateKeyPairSync('rsa-pss', { modulusLength: 1024 }), PSS],
  ['Ed25519', generateKeyPairSync('ed25519'), ['EdDSA', 'Ed25519']],
  ['X25519, which signs nothing', generateKeyPairSync('x25519'), []],
])('the algorithms of a key of %s', (_, { privateKey }, algorithms) => {
  expect(algorithmsOf(privateKey)).toStrictEqual(algorithms);
});

test.each([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
  ['secp256k1', ['ES256K']],
  ['secp224r1', []],
])('the algorithms of a key on the curve %s', (curve, algorithms) => {
  expect(algorithmsOf(ec(curve))).toStrictEqual(algorithms);
});
