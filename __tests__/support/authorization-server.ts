import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { exportJWK, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { runAction, type Run } from './action.js';

/** Clients that authenticate by a secret, in the header or in the body. The secret needs encoding in both. */
export const clients = {
  header: { id: 'header-client', secret: 'sec+ret/of=the header%client' },
  body: { id: 'body-client', secret: 'sec+ret/of=the body%client' },
} as const;

export const keys = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const;

/** The private key `name` as PEM text. */
export const pem = (name: keyof typeof keys): string =>
  keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const GITHUB = 'https://token.actions.githubusercontent.com';

/** For whom the authorization server takes an OIDC token of GitHub, and what the runner is given to get one. */
export const oidcAudience = 'https://login.acme.example/?for=jobs&more';
export const requestToken = 'request-token-of-the-job';

/** A request as a server received it. */
interface Received {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
}

/** What a test may change, and what the servers have seen. */
function createState() {
  return {
    /** Requests to the authorization server, the resource server and GitHub. */
    logins: [] as Received[],
    polls: [] as Received[],
    idTokenRequests: [] as Received[],
    /** Scopes of the tokens that were issued. */
    granted: [] as string[],
    /** Everything that must not be written. */
    secrets: [] as string[],
    /** How long a token lasts, in seconds. */
    lifetimeS: 3600,
    /** How far the clock of the authorization server is ahead. */
    aheadMs: 0,
    /** How often the job is pending before it is done. */
    pendingPolls: 1,
    /** How GitHub responds to a request for an OIDC token, other than with one; 0 never does. */
    githubStatus: 200,
    /** What the resource server accepts; the tokens that the authorization server has issued. */
    accepts: undefined as ((token: string) => Promise<boolean>) | undefined,
    /** Whether a refusal repeats what it was sent, as no server should. */
    isTalkative: false,
  };
}

type State = ReturnType<typeof createState>;

/**
 * An authorization server (oidc-provider), a resource server that accepts only the tokens which that one
 * has issued, and GitHub's endpoint for OIDC tokens; all on loopback.
 */
export function authorizationServer() {
  const state = createState();
  const github = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const servers = [
    listen((request, response) => {
      void gateway(state, inner.url(), request).then(({ status, body }) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
      });
    }),
    listen((request, response) => {
      void poll(state, provider(), request).then(({ status, body }) => {
        const challenge =
          status === 401 ? { 'WWW-Authenticate': 'Bearer error="invalid_token"' } : {};
        response
          .writeHead(status, { 'Content-Type': 'application/json', ...challenge })
          .end(JSON.stringify(body));
      });
    }),
    listen((request, response) => {
      void issueIdToken(state, github.privateKey, request).then(({ status, body }) => {
        if (status === 0) return;
        response
          .writeHead(status, { 'Content-Type': 'application/json' })
          .end(JSON.stringify(body));
      });
    }),
  ] as const;
  const [authorization, resource, idTokens] = servers;
  let created: Provider | undefined;
  const provider = () => (created ??= createProvider(state, github.publicKey, authorization.url()));
  const inner = listen((request, response) => {
    provider().callback()(request, response);
  });
  beforeEach(() => {
    Object.assign(state, createState());
  });

  return {
    state,
    tokenUrl: () => `${authorization.url()}/token`,
    /** What GitHub gives to a job that has the permission `id-token: write`. */
    permission: () => ({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${idTokens.url()}/oidc?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    }),
    /** Runs the step at the resource server, and looks for secrets in all that it wrote. */
    run: (
      inputs: Readonly<Record<string, string>>,
      options: Parameters<typeof runAction>[1] = {},
    ): Promise<Run> =>
      runAction(
        {
          provider: 'http',
          url: `${resource.url()}/jobs/{id}`,
          'request-id': 'job-1',
          interval: '0.05s',
          timeout: '10s',
          ...inputs,
        },
        {
          ...options,
          secrets: () => [...state.secrets, inputs['private-key'] ?? ''],
        },
      ),
  };
}

/** Starts a server for all tests of a file. */
function listen(respond: RequestListener) {
  const server = createServer(respond);
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Request = Parameters<RequestListener>[0];

async function receive(request: Request): Promise<Received> {
  const body = await text(request);
  const form = Object.fromEntries(new URLSearchParams(body));
  return { line: `${request.method} ${request.url}`, headers: request.headers, form };
}

/**
 * Stands before the authorization server: notes each request, and names the client of a grant that is itself
 * the proof, since oidc-provider takes no request without a client.
 */
async function gateway(state: State, inner: string, request: Request) {
  const received = await receive(request);
  const { form, headers } = received;
  state.logins.push(received);
  state.secrets.push(...[form.assertion, form.subject_token].filter((one) => one !== undefined));
  const isNamed = headers.authorization !== undefined || form.client_id !== undefined;
  const body = new URLSearchParams({ ...form, ...(!isNamed && { client_id: 'whoever-asks' }) });
  const response = await fetch(`${inner}${request.url}`, {
    method: 'POST',
    body,
    headers: headers.authorization === undefined ? {} : { authorization: headers.authorization },
  });
  const answer = await response.text();
  const { access_token: token, scope } = JSON.parse(answer) as Record<string, string | undefined>;
  if (token !== undefined) state.secrets.push(token);
  if (scope !== undefined) state.granted.push(scope);
  return { status: response.status, body: answer };
}

/** Without a key of its own oidc-provider takes one for development, and says so. */
const ownKey = await exportJWK(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);

function createProvider(state: State, githubKey: KeyObject, issuer: string): Provider {
  const client = { redirect_uris: [], response_types: [], scope: 'jobs:read jobs:list' };
  const withSecret = ({ id, secret }: { id: string; secret: string }, method: string) => ({
    ...client,
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: method,
    grant_types: ['client_credentials', JWT_BEARER, TOKEN_EXCHANGE],
  });
  const provider = new Provider(issuer, {
    clients: [
      withSecret(clients.header, 'client_secret_basic'),
      withSecret(clients.body, 'client_secret_post'),
      {
        ...client,
        client_id: 'whoever-asks',
        token_endpoint_auth_method: 'none',
        grant_types: [JWT_BEARER, TOKEN_EXCHANGE],
      },
    ],
    scopes: ['jobs:read', 'jobs:list', 'jobs:delete'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    ttl: { ClientCredentials: () => state.lifetimeS },
    cookies: { keys: ['of no use here'] },
    jwks: { keys: [ownKey] },
  });

  const grant = (name: string, parameter: string, verify: (jwt: string) => Promise<JWTPayload>) => {
    provider.registerGrantType(
      name,
      async (context) => {
        const { [parameter]: jwt = '', scope } = context.oidc.params;
        try {
          await verify(jwt);
        } catch (error) {
          const why = state.isTalkative ? `${jwt} is not good` : (error as Error).message;
          throw new errors.CustomOIDCProviderError('invalid_grant', why);
        }
        const token = new provider.ClientCredentials({ client: context.oidc.client, scope });
        const value = await token.save();
        context.body = { access_token: value, expires_in: token.expiration, token_type: 'Bearer' };
      },
      [parameter, 'scope', 'audience', 'subject_token_type', 'requested_token_type'],
    );
  };
  const currentDate = () => new Date(Date.now() + state.aheadMs);
  grant(JWT_BEARER, 'assertion', async (jwt) => {
    const required = ['iss', 'exp', 'jti'];
    const audience = `${issuer}/token`;
    const { payload } = await jwtVerify(
      jwt,
      ({ kid = '' }) => exportJWK(keys[kid as keyof typeof keys].publicKey),
      { audience, issuer: 'signing-app', requiredClaims: required, currentDate: currentDate() },
    );
    return payload;
  });
  grant(TOKEN_EXCHANGE, 'subject_token', async (jwt) => {
    const options = { audience: oidcAudience, issuer: GITHUB, currentDate: currentDate() };
    return (await jwtVerify(jwt, githubKey, options)).payload;
  });
  return provider;
}

/** Tells the status of the job to whoever has a token that was issued and has not expired. */
async function poll(state: State, provider: Provider, request: Request) {
  const received = await receive(request);
  state.polls.push(received);
  const [, token = ''] = /^Bearer (.+)$/.exec(received.headers.authorization ?? '') ?? [];
  const accepts = async () => {
    const issued = await provider.ClientCredentials.find(token);
    // A token lasts for whole seconds, and the one in which it was issued counts as a whole.
    return issued !== undefined && Date.now() / 1000 < issued.exp + 1;
  };
  if (!(await (state.accepts?.(token) ?? accepts()))) {
    return { status: 401, body: { message: 'this token is not known here' } };
  }
  state.pendingPolls -= 1;
  return { status: 200, body: { status: state.pendingPolls < 0 ? 'done' : 'running' } };
}

/** Issues an OIDC token as GitHub does. */
async function issueIdToken(state: State, key: KeyObject, request: Request) {
  const received = await receive(request);
  state.idTokenRequests.push(received);
  if (state.githubStatus !== 200) {
    return { status: state.githubStatus, body: { message: 'GitHub is not in the mood' } };
  }
  if (received.headers.authorization !== `Bearer ${requestToken}`) {
    return { status: 401, body: { message: 'who are you?' } };
  }
  const audience = new URL(received.line.split(' ')[1] ?? '', GITHUB).searchParams.get('audience');
  const token = await new SignJWT({ repository: 'acme/exports', ref: 'refs/heads/main' })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(GITHUB)
    .setSubject('repo:acme/exports:ref:refs/heads/main')
    .setAudience(audience ?? 'https://github.com/acme')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key);
  state.secrets.push(token);
  return { status: 200, body: { value: token } };
}
