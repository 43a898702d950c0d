import { expect, test } from '@jest/globals';
import { readLogin } from '../../../src/inputs/login.js';
import { createReader } from '../../../src/inputs/reader.js';
import { PROVIDERS } from '../../../src/providers/index.js';
import type { ProviderDefinition } from '../../../src/providers/provider.js';

/** What reading the login of a provider gives, and what is wrong with the inputs. */
function read(changes: Partial<ProviderDefinition>, inputs: Readonly<Record<string, string>>) {
  const reader = createReader((name) => inputs[name] ?? '');
  const canLogIn = readLogin(reader, { ...PROVIDERS.sei, ...changes }, undefined);
  return { canLogIn, problems: reader.problems };
}

test('a provider that has a key and no login needs nothing but the key', () => {
  const withKey = { allowsAnonymous: true, requiredInputs: ['app-key'], loginInputs: [] } as const;
  expect(read(withKey, { 'app-key': 'k' })).toEqual({ canLogIn: false, problems: [] });
  expect(read(withKey, {}).problems).toEqual([
    '`app-key` is empty; give the consumer key of the registered application',
  ]);
});

test('a provider without a login asks for a token, and offers none', () => {
  const { canLogIn, problems } = read({ requiredInputs: [], loginInputs: [] }, {});
  expect(canLogIn).toBe(false);
  expect(problems).toEqual([
    '`token` is empty; give an access token of SEI (a secret that is not set is empty too)',
  ]);
});

test('a part of a login is named by what is missing', () => {
  const { problems } = read({}, { 'app-key': 'k', username: 'robot' });
  expect(problems).toEqual([
    '`password` is empty; give the password that goes with username',
    '`client-secret` is empty; give the client secret',
  ]);
});
