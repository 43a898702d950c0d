import { describe, expect, test } from '@jest/globals';
import type { Provider, ProviderDefinition } from '../../../src/providers/provider.js';
import { connect, type ConnectionSettings } from '../../../src/session/connect.js';
import { providerSettings } from '../../support/poll.js';

const never = new AbortController().signal;
const provider: Provider = {
  credentials: (token) => ({ Authorization: token }),
  poll: () => Promise.reject(new Error('nothing is polled')),
  logIn: () => Promise.resolve({ value: 'issued' }),
};
const definition: ProviderDefinition = {
  ...{ title: 'Acme', requiredInputs: [], loginInputs: [], hasReports: () => false },
  create: () => provider,
};

/** What a run has of a provider; nothing is sent. */
function connected(changes: Partial<ConnectionSettings> = {}) {
  const secrets: string[] = [];
  let logins = 0;
  const connection = connect(
    {
      provider: definition,
      settings: providerSettings({ http: { headers: { 'X-Tenant': 'acme' } } }),
      token: 'given',
      canLogIn: true,
      login: undefined,
      aws: undefined,
      secureContexts: { provider: undefined, others: undefined, hasClientCertificate: false },
      ...changes,
    },
    {
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      signal: never,
      addSecret: (secret) => secrets.push(secret),
      getIdToken: () => Promise.reject(new Error('no OIDC token is wanted')),
      onExchange: () => undefined,
      onLogIn: () => (logins += 1),
    },
  );
  return { ...connection, secrets, logins: () => logins };
}

describe('the way to a provider', () => {
  test('is opened by the token that was given, with the headers of the workflow', async () => {
    const { session } = connected();
    expect((await session.access(never)).headers).toEqual({
      'X-Tenant': 'acme',
      Authorization: 'given',
    });
  });

  test('is opened by a login where no token was given, which is told', async () => {
    const { session, secrets, logins } = connected({ token: undefined });
    expect((await session.access(never)).headers).toMatchObject({ Authorization: 'issued' });
    expect(secrets).toContain('issued');
    expect(logins()).toBe(1);
  });

  test.each([true, false])('can be renewed where there is a login: %s', async (canLogIn) => {
    const { session } = connected({ canLogIn });
    expect((await session.access(never)).renew !== undefined).toBe(canLogIn);
  });
});

test('hosts of reports are not below the address of the provider, and may not be within its network', async () => {
  const { transports } = connected();
  const inside = { method: 'GET', url: new URL('https://127.0.0.1:9/') } as const;
  await expect(transports.others.send(inside, 5000, never)).rejects.toMatchObject({
    name: 'PermanentError',
  });
});
