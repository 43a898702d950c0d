import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { apiServer, type Asked } from '../support/api-server.js';
import { loginRecipes } from '../support/recipes.js';

const api = apiServer();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ({ privateKey }: typeof rsa) => privateKey.export({ type: 'pkcs8', format: 'pem' });
const ISSUED = 'token-that-was-issued';
const ID_TOKEN = 'oidc-token-of-the-workflow';
const pool =
  '//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER';

/** What each login asks for, and how the service then tells that the job is done. */
const played: Readonly<
  Record<
    string,
    {
      readonly id: string;
      readonly secrets: Readonly<Record<string, string>>;
      /** The requests, `HOST` for the service. */
      readonly lines: readonly string[];
      readonly form?: Readonly<Record<string, unknown>>;
      readonly done: unknown;
    }
  >
> = {
  'Microsoft Entra ID, client credentials': {
    id: 'HOST/subscriptions/s/operations/o',
    secrets: { 'client-secret': 'a~client/secret+of=entra' },
    lines: ['POST /TENANT/oauth2/v2.0/token', 'GET /subscriptions/s/operations/o'],
    form: {
      grant_type: 'client_credentials',
      client_id: 'a variable',
      client_secret: 'a~client/secret+of=entra',
      scope: 'https://management.azure.com/.default',
    },
    done: { status: 'Succeeded' },
  },
  'Salesforce, JWT bearer': {
    id: '7505e000001AbCdAAK',
    secrets: { 'private-key': pem(rsa).toString() },
    lines: [
      'POST /services/oauth2/token',
      'GET /services/data/v66.0/jobs/ingest/7505e000001AbCdAAK',
    ],
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: expect.any(String),
    },
    done: { state: 'JobComplete' },
  },
  'App Store Connect, a signed JWT': {
    id: '2efe2717-52ef-43a5-96dc-0797e4ca1041',
    secrets: { 'private-key': pem(ec).toString() },
    lines: ['GET /notary/v2/submissions/2efe2717-52ef-43a5-96dc-0797e4ca1041'],
    done: { data: { attributes: { status: 'Accepted' } } },
  },
  "Google Cloud, the workflow's own OIDC token": {
    id: 'projects/p/locations/l/operations/o',
    secrets: {},
    lines: [
      `GET /oidc?v=2&audience=${encodeURIComponent(`https:${pool}`)}`,
      'POST /v1/token',
      'GET /v1/projects/p/locations/l/operations/o',
    ],
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: ID_TOKEN,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: pool,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    },
    done: { name: 'projects/p/locations/l/operations/o', done: true },
  },
};

/** A login as it stands on the page, with a server of the test in place of the service. */
function inputsOf(name: string): Record<string, string> {
  const { id = '', secrets = {} } = played[name] ?? {};
  const here = (input: string, text: string) =>
    (input.endsWith('url') ? text.replace(/https:\/\/[^/\s]+/, api.url()) : text).replaceAll(
      /\$\{\{ [^}]+ \}\}/g,
      'a variable',
    );
  const inputs = Object.entries(loginRecipes[name] ?? {}).map(([input, text]) => [
    input,
    here(input, text),
  ]);
  return {
    ...(Object.fromEntries(inputs) as Record<string, string>),
    ...secrets,
    'request-id': id.replace('HOST', api.url()),
  };
}

test('every login on the page is played here, and nothing else', () => {
  expect(Object.keys(loginRecipes)).toEqual(Object.keys(played));
});

test.each(Object.entries(played))('%s', async (name, { lines, form, done }) => {
  const respond = ({ line }: Asked) => {
    if (line.startsWith('GET /oidc')) return { body: { value: ID_TOKEN } };
    if (line.startsWith('POST')) return { body: { access_token: ISSUED, expires_in: 3600 } };
    return { body: done };
  };
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${api.url()}/oidc?v=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
  };
  const secrets = () => [ISSUED, ID_TOKEN];
  const { exitCode, log, outputs } = await api.run(inputsOf(name), respond, { env, secrets });
  expect(outputs).toMatchObject({ status: 'Successful', reason: '' });
  expect(exitCode).toBe(0);
  expect(log).not.toContain('::warning');
  expect(api.lines()).toEqual(lines);
  const login = api.asked.find(({ line }) => line.startsWith('POST'));
  if (form === undefined) expect(login).toBeUndefined();
  else expect(Object.fromEntries(new URLSearchParams(login?.body))).toEqual(form);
  const token = api.asked.at(-1)?.headers.authorization ?? '';
  if (form !== undefined) expect(token).toBe(`Bearer ${ISSUED}`);
});

test('Salesforce is sent the claims that it documents', async () => {
  await api.run(inputsOf('Salesforce, JWT bearer'), [{ body: { access_token: ISSUED } }]);
  const assertion = new URLSearchParams(api.asked[0]?.body).get('assertion') ?? '';
  const audience = 'https://login.salesforce.com';
  const { payload } = await jwtVerify(assertion, rsa.publicKey, { audience });
  expect(payload).toMatchObject({ iss: 'a variable', sub: 'a variable' });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(180);
});

test('App Store Connect is sent a JWT as it documents it', async () => {
  await api.run(inputsOf('App Store Connect, a signed JWT'), [{ body: {} }], {});
  const [, jwt = ''] = (api.asked[0]?.headers.authorization ?? '').split(' ');
  const { payload } = await jwtVerify(jwt, ec.publicKey, { audience: 'appstoreconnect-v1' });
  expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'ES256', kid: 'a variable', typ: 'JWT' });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(20 * 60);
});
