import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import {
  authorizationServer,
  clients,
  keys,
  oidcAudience,
  pem,
  requestToken,
} from '../support/authorization-server.js';
import { signalAfter, stopSignals } from '../support/system.js';

const server = authorizationServer();
const { state, run } = server;
const tokenUrl = () => ({ 'token-url': server.tokenUrl() });
const polled = (line = 'GET /jobs/job-1') => Array(2).fill(expect.objectContaining({ line })) as [];

const GRANT = 'urn:ietf:params:oauth:grant-type:';
const summaryOfSuccess = /^<h3>✅ HTTP API: job job-1 finished<\/h3>/;

/** What every login that is refused ends in: one request, no poll, and the outputs of an error. */
function expectRefusal(
  { exitCode, log, outputs, summary }: Awaited<ReturnType<typeof run>>,
  message: string,
) {
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected', message });
  const said = message.charAt(0).toUpperCase() + message.slice(1);
  expect(log).toContain(`::error title=HTTP API%3A job job-1::${said} (1 poll in `);
  expect(summary).toMatch(/^<h3>❗ HTTP API: job job-1 could not be followed to its end<\/h3>/);
  expect(state.polls).toEqual([]);
}

describe('client credentials', () => {
  const { header, body } = clients;
  const inputs = ({ id, secret }: { id: string; secret: string } = header) => ({
    ...tokenUrl(),
    'client-id': id,
    'client-secret': secret,
  });

  test('stand in the header, each part encoded, where nothing else is asked for', async () => {
    const { exitCode, log, outputs, summary } = await run(inputs());
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', providerStatus: 'done' });
    expect(summary).toMatch(summaryOfSuccess);
    expect(log.match(/logged in/g)).toHaveLength(1);
    expect(state.logins).toEqual([
      expect.objectContaining({
        line: 'POST /token',
        form: { grant_type: 'client_credentials' },
      }),
    ]);
    const pair = [header.id, header.secret].map(encodeURIComponent).join(':');
    expect(state.logins[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from(pair).toString('base64')}`,
    );
    expect(state.polls).toEqual(polled());
  });

  test('stand in the body with client-authentication: body, a secret with + / = unharmed', async () => {
    const { exitCode, outputs } = await run({ ...inputs(body), 'client-authentication': 'body' });
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    const [login] = state.logins;
    expect(login?.headers.authorization).toBeUndefined();
    expect(login?.form).toEqual({
      grant_type: 'client_credentials',
      client_id: body.id,
      client_secret: body.secret,
    });
    expect(state.polls).toEqual(polled());
  });

  test('a scope is asked for and granted', async () => {
    const { exitCode } = await run({ ...inputs(), scope: 'jobs:read jobs:list' });
    expect(exitCode).toBe(0);
    expect(state.logins.map(({ form }) => form.scope)).toEqual(['jobs:read jobs:list']);
    expect(state.granted).toEqual(['jobs:read jobs:list']);
    expect(state.polls).toEqual(polled());
  });

  test('a scope that the client may not have is refused once, with the words of the server', async () => {
    const outcome = await run({ ...inputs(), scope: 'jobs:delete' });
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_scope: requested scope is not allowed',
    );
    expect(state.logins).toHaveLength(1);
  });

  test.each(['header', 'body'] as const)(
    'a wrong secret in the %s is refused once, though forty jobs need the token',
    async (place) => {
      const ids = Array.from({ length: 40 }, (_, index) => `job-${index + 1}`).join('\n');
      const { id } = clients[place];
      const wrong = inputs({ id, secret: 'not+the/secret=at all' });
      const more = { 'client-authentication': place, 'request-id': ids };
      const { exitCode, log, outputs } = await run({ ...wrong, ...more });
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
      expect(log).toContain(
        '::error title=HTTP API%3A 40 jobs (job-1%2C job-2%2C job-3 and 37 more)::40 jobs: The login failed and is not repeated: HTTP 401: invalid_client: client authentication failed (1 poll in ',
      );
      expect(state.logins).toHaveLength(1);
      expect(state.polls).toEqual([]);
    },
  );

  test('a token is renewed before it expires, and no poll is sent with one that has', async () => {
    Object.assign(state, { lifetimeS: 2, pendingPolls: 11 });
    const { exitCode, log } = await run({ ...inputs(), interval: '0.25s' });
    expect(exitCode).toBe(0);
    expect(state.logins.length).toBeGreaterThanOrEqual(2);
    expect(log.match(/logged in/g)).toHaveLength(state.logins.length);
    expect(state.polls).toHaveLength(12);
    const tokens = new Set(state.polls.map(({ headers }) => headers.authorization));
    expect(tokens.size).toBe(state.logins.length);
  });

  test('client-authentication takes two words', async () => {
    const { exitCode, log } = await run({ ...inputs(), 'client-authentication': 'query' });
    expect(exitCode).toBe(1);
    expect(log).toContain('`client-authentication` “query” is none of header, body');
    expect(state.logins).toEqual([]);
  });
});

describe('a signed assertion', () => {
  const inputs = (kid: keyof typeof keys, claims = '') => ({
    ...tokenUrl(),
    'private-key': pem(kid),
    'jwt-claims': `iss: signing-app\nsub: robot@acme.example\nkid: ${kid}\n${claims}`,
  });

  test.each(Object.keys(keys) as (keyof typeof keys)[])(
    'signed by %s is exchanged for a token',
    async (kid) => {
      const { exitCode, log, stdout, outputs, summary } = await run(inputs(kid));
      expect(exitCode).toBe(0);
      expect(outputs).toMatchObject({ status: 'Successful', reason: '' });
      expect(summary).toMatch(summaryOfSuccess);
      expect(log.match(/logged in/g)).toHaveLength(1);
      const [login] = state.logins;
      const { assertion = '', ...form } = login?.form ?? {};
      expect(login?.line).toBe('POST /token');
      expect(login?.headers.authorization).toBeUndefined();
      expect(form).toEqual({ grant_type: `${GRANT}jwt-bearer` });
      expect(decodeProtectedHeader(assertion)).toEqual({ alg: kid, typ: 'JWT', kid });
      const { iat = 0, exp, jti, ...claims } = decodeJwt(assertion);
      expect(claims).toEqual({
        iss: 'signing-app',
        sub: 'robot@acme.example',
        aud: server.tokenUrl(),
      });
      expect(exp).toBe(iat + 180);
      expect(jti).toMatch(/^[0-9a-f-]{36}$/);
      expect(stdout).toContain(`::add-mask::${assertion}\n`);
      expect(state.polls).toEqual(polled());
    },
  );

  test('another algorithm of the key is taken from the claims', async () => {
    const { exitCode } = await run(inputs('RS256', 'alg: PS512'));
    expect(exitCode).toBe(0);
    expect(decodeProtectedHeader(state.logins[0]?.form.assertion ?? '').alg).toBe('PS512');
  });

  test('a key whose line breaks are written as \\n is understood, and masked line by line', async () => {
    const key = pem('ES256').trim();
    const escaped = { ...inputs('ES256'), 'private-key': key.replaceAll('\n', '\\n') };
    const { exitCode, stdout } = await run(escaped);
    expect(exitCode).toBe(0);
    for (const line of key.split('\n').slice(1, -1)) {
      expect(stdout).toContain(`::add-mask::${line}\n`);
    }
  });

  test('scope, and a client with its secret, go along', async () => {
    const { id, secret } = clients.body;
    const { exitCode } = await run({
      ...inputs('EdDSA'),
      ...{ scope: 'jobs:read', 'client-id': id, 'client-secret': secret },
      'client-authentication': 'body',
    });
    expect(exitCode).toBe(0);
    expect(state.logins[0]?.form).toMatchObject({
      scope: 'jobs:read',
      client_id: id,
      client_secret: secret,
    });
  });

  test('an audience that is not the server’s is refused once', async () => {
    const outcome = await run(inputs('RS256', 'aud: https://elsewhere.example/token'));
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: unexpected "aud" claim value',
    );
    expect(state.logins).toHaveLength(1);
  });

  test('an assertion that has expired by the clock of the server is refused once', async () => {
    state.aheadMs = 10 * 60_000;
    const outcome = await run(inputs('ES256'));
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: "exp" claim timestamp check failed',
    );
    expect(state.logins).toHaveLength(1);
  });

  test('an assertion by a key that the server does not know is refused once', async () => {
    const other = generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const outcome = await run({ ...inputs('EdDSA'), 'private-key': other.toString() });
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: signature verification failed',
    );
    expect(state.logins).toHaveLength(1);
  });

  test('an assertion that the server repeats in its refusal is not shown', async () => {
    Object.assign(state, { isTalkative: true, aheadMs: 600_000 });
    const outcome = await run(inputs('RS256'));
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: *** is not good',
    );
  });

  test('a new assertion is signed when the token expires', async () => {
    Object.assign(state, { lifetimeS: 2, pendingPolls: 11 });
    const { exitCode } = await run({ ...inputs('EdDSA'), interval: '0.25s' });
    expect(exitCode).toBe(0);
    const assertions = state.logins.map(({ form }) => form.assertion);
    expect(assertions.length).toBeGreaterThanOrEqual(2);
    expect(new Set(assertions).size).toBe(assertions.length);
    expect(state.polls).toHaveLength(12);
  });

  test('without a token-url it is the token itself', async () => {
    const { publicKey } = keys.ES256;
    const audience = 'appstoreconnect-v1';
    state.accepts = async (jwt) => {
      state.secrets.push(jwt);
      return jwtVerify(jwt, publicKey, { audience, issuer: 'signing-app' }).then(
        () => true,
        () => false,
      );
    };
    const { exitCode, outputs, log } = await run({
      ...inputs('ES256', `aud: "${audience}"`),
      'token-url': '',
    });
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(log.match(/logged in/g)).toHaveLength(1);
    expect(state.logins).toEqual([]);
    expect(state.polls).toEqual(polled());
  });

  test('a signed token that nobody accepts costs one more, then the wait ends', async () => {
    state.accepts = (jwt) => {
      state.secrets.push(jwt);
      return Promise.resolve(false);
    };
    const { exitCode, outputs } = await run({ ...inputs('ES256'), 'token-url': '' });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
    expect(outputs.message).toContain('this token is not known here');
    expect(new Set(state.polls.map(({ headers }) => headers.authorization)).size).toBe(2);
    expect(state.polls).toHaveLength(2);
  });

  const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  test.each([
    [
      'a key that is no PEM text',
      { 'private-key': 'bm90IGEga2V5IGF0IGFsbA' },
      '`private-key` is not a PEM private key; it must have lines from -----BEGIN PRIVATE KEY-----',
    ],
    [
      'a PEM text that is cut off',
      { 'private-key': pem('RS256').slice(0, 300) },
      '`private-key` is not a PEM private key',
    ],
    [
      'a key that signs nothing',
      { 'private-key': x25519.toString() },
      '`private-key` is a key of type x25519, which signs no JWT; give an RSA, EC or Ed25519 key',
    ],
    [
      'claims without a key',
      { 'private-key': '' },
      '`jwt-claims` is not used without `private-key`; give both or neither',
    ],
    [
      'a line that is no claim',
      { 'jwt-claims': 'iss: signing-app\nsub=robot' },
      '`jwt-claims` has a line, number 2, that is not “name: value”, such as iss: my-app',
    ],
    [
      'a claim whose secret is not set',
      { 'jwt-claims': 'iss: \nsub: robot' },
      '`jwt-claims` has no value in iss; is its secret or variable set?',
    ],
    [
      'a claim that stands twice',
      { 'jwt-claims': 'iss: a\niss: b' },
      '`jwt-claims` sets iss twice',
    ],
    [
      'a time',
      { 'jwt-claims': 'exp: 1790000000' },
      '`jwt-claims` must not set exp, which the step itself does',
    ],
    [
      'an algorithm that the key does not have',
      { 'jwt-claims': 'alg: none' },
      '`jwt-claims` asks for alg “none”, but the private key signs with ES256',
    ],
    [
      'an OIDC token as well',
      { 'oidc-audience': 'https://login.acme.example' },
      '`private-key` and `oidc-audience` are two ways to log in; give one of them',
    ],
  ])('%s is a bad input before any request', async (_, wrong, message) => {
    const { exitCode, log, outputs, summary } = await run({ ...inputs('ES256'), ...wrong });
    expect(exitCode).toBe(1);
    expect(log).toContain(message);
    expect(outputs).toMatchObject({ reason: 'bad-input' });
    // What stands in backticks is code there.
    expect(summary.replace(/<\/?code>/g, '`')).toContain(message.slice(0, 20));
    expect(state.logins).toEqual([]);
    expect(state.polls).toEqual([]);
  });
});

describe('the OIDC token of the workflow', () => {
  const inputs = () => ({ ...tokenUrl(), 'oidc-audience': oidcAudience });
  const allowed = () => ({ env: server.permission() });

  test('is exchanged for a token of the provider', async () => {
    const more = { audience: '//iam.acme.example/pool', scope: 'jobs:read' };
    const { exitCode, log, stdout, outputs, summary } = await run(
      { ...inputs(), ...more },
      allowed(),
    );
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'Successful', reason: '' });
    expect(summary).toMatch(summaryOfSuccess);
    expect(log.match(/logged in/g)).toHaveLength(1);
    expect(state.idTokenRequests).toEqual([
      expect.objectContaining({
        line: `GET /oidc?api-version=2.0&audience=${encodeURIComponent(oidcAudience)}`,
        headers: expect.objectContaining({ authorization: `Bearer ${requestToken}` }) as object,
      }),
    ]);
    const [login] = state.logins;
    const { subject_token: idToken = '', ...form } = login?.form ?? {};
    expect(login?.headers.authorization).toBeUndefined();
    expect(form).toEqual({
      grant_type: `${GRANT}token-exchange`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      ...more,
    });
    expect(decodeJwt(idToken).aud).toBe(oidcAudience);
    expect(stdout).toContain(`::add-mask::${idToken}\n`);
    expect(state.polls).toEqual(polled());
  });

  test('a public client is named by its id alone', async () => {
    const { exitCode } = await run({ ...inputs(), 'client-id': 'whoever-asks' }, allowed());
    expect(exitCode).toBe(0);
    expect(state.logins[0]?.form.client_id).toBe('whoever-asks');
    expect(state.logins[0]?.headers.authorization).toBeUndefined();
  });

  test('is asked for anew when the token expires', async () => {
    Object.assign(state, { lifetimeS: 2, pendingPolls: 11 });
    const { exitCode } = await run({ ...inputs(), interval: '0.25s' }, allowed());
    expect(exitCode).toBe(0);
    expect(state.logins.length).toBeGreaterThanOrEqual(2);
    expect(state.idTokenRequests).toHaveLength(state.logins.length);
  });

  test('a job without the permission is told which one it needs', async () => {
    const outcome = await run(inputs());
    expectRefusal(
      outcome,
      'the login failed and is not repeated: GitHub offers this job no OIDC token; does it have `permissions: id-token: write`?',
    );
    expect(state.idTokenRequests).toEqual([]);
    expect(state.logins).toEqual([]);
  });

  test('one for another audience is refused once', async () => {
    const outcome = await run({ ...inputs(), 'oidc-audience': 'sts.elsewhere.example' }, allowed());
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: unexpected "aud" claim value',
    );
    expect(state.idTokenRequests).toHaveLength(1);
    expect(state.logins).toHaveLength(1);
  });

  test('one that has expired by the clock of the server is refused once', async () => {
    state.aheadMs = 10 * 60_000;
    const outcome = await run(inputs(), allowed());
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: "exp" claim timestamp check failed',
    );
    expect(state.logins).toHaveLength(1);
  });

  test('one that the server repeats in its refusal is not shown', async () => {
    Object.assign(state, { isTalkative: true, aheadMs: 600_000 });
    const outcome = await run(inputs(), allowed());
    expectRefusal(
      outcome,
      'the login failed and is not repeated: HTTP 400: invalid_grant: *** is not good',
    );
  });

  test('GitHub refuses it: the login is not repeated', async () => {
    state.githubStatus = 403;
    const outcome = await run(inputs(), allowed());
    expectRefusal(
      outcome,
      'the login failed and is not repeated: GitHub issues no OIDC token: HTTP 403: GitHub is not in the mood',
    );
    expect(state.idTokenRequests).toHaveLength(1);
    expect(state.logins).toEqual([]);
  });

  test('GitHub is down for a moment: the login is tried again', async () => {
    state.githubStatus = 500;
    const { exitCode, log, outputs } = await run(inputs(), {
      ...allowed(),
      onLog: (text) => {
        if (text.includes('GitHub issues no OIDC token')) state.githubStatus = 200;
      },
    });
    expect(exitCode).toBe(0);
    expect(outputs.status).toBe('Successful');
    expect(log).toContain(
      'login: GitHub issues no OIDC token: HTTP 500: GitHub is not in the mood',
    );
    expect(state.logins).toHaveLength(1);
  });

  test.each(stopSignals)(
    '%s while GitHub is silent ends the step within a second',
    async (signal) => {
      state.githubStatus = 0;
      const { onLog, sentMs } = signalAfter('Waiting for job', signal, 300);
      const { exitCode, outputs } = await run(inputs(), { ...allowed(), onLog });
      expect(performance.now() - sentMs()).toBeLessThan(1000);
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ status: 'Error', reason: 'cancelled' });
      expect(state.idTokenRequests).toHaveLength(1);
    },
  );

  test('needs a token-url', async () => {
    const { exitCode, log } = await run({ 'oidc-audience': oidcAudience }, allowed());
    expect(exitCode).toBe(1);
    expect(log).toContain('`token-url` is empty; give the address that issues tokens');
    expect(state.idTokenRequests).toEqual([]);
  });
});
