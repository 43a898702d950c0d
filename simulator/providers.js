import { randomBytes, randomUUID } from 'node:crypto';

/**
 * How each provider responds, in the JSON that its documentation shows. What the providers have not
 * published and is assumed here is marked so; the sources are named in src/providers.
 *
 * @typedef {import('./simulator.js').Step} Step
 * @typedef {{ status: number, body: unknown, headers?: Record<string, string> }} Reply
 * @typedef {{ method: string, url: URL, headers: import('node:http').IncomingHttpHeaders, body: string }} Received
 *
 * @typedef {object} Provider
 * @property {{ pending: string, successful: string }} statuses two statuses of a job that goes well
 * @property {(request: Received) => string | undefined} match id of the polled job, or nothing if the request is not this provider's status call
 * @property {(request: Received) => string} token the access token that came with the request
 * @property {(id: string, step: Step, request: Received) => Reply} respond
 * @property {Reply} unknown the response about an id that was never created
 * @property {Reply} unauthorized the response to a token that is not accepted
 * @property {(account: Account) => Login} login the request that logs in
 * @property {(request: Received, account: Account) => boolean} [proves] whether the rest of such a request, such as its headers, is right
 * @property {(request: Received) => string | undefined} [refreshToken] the refresh token of a request that shows one in place of the password
 * @property {(token: string, lifetimeMs: number) => Reply} issued the response that holds a new token
 * @property {Reply} refused the response to a login that is refused
 * @property {Start} [start] the request that creates a job
 *
 * @typedef {object} Start
 * @property {(request: Received) => boolean} matches
 * @property {(request: Received) => Reply | undefined} [refuse] the response to a request that lacks something
 * @property {() => string} newId an id such as the provider makes up
 * @property {(id: string) => Reply} created
 *
 * @typedef {object} Login
 * @property {string} method
 * @property {string} path what the path of its address ends with
 * @property {'json' | 'form' | 'query'} sentAs where the fields stand
 * @property {Readonly<Record<string, string>>} fields
 *
 * @typedef {object} Account what a login has to show, the same for every provider
 * @property {string} username
 * @property {string} password
 * @property {string} clientId
 * @property {string} clientSecret
 * @property {string} appKey
 * @property {string} tenant
 */

/**
 * The fields of a request where this login has them; none where it cannot be read.
 *
 * @param {Login} login @param {Received} request @returns {Readonly<Record<string, unknown>>}
 */
export function loginFields({ sentAs }, { url, body }) {
  if (sentAs === 'query') return Object.fromEntries(url.searchParams);
  if (sentAs === 'form') return Object.fromEntries(new URLSearchParams(body));
  try {
    return { ...JSON.parse(body) };
  } catch {
    return {};
  }
}

/** @param {string} body @param {string} field */
function field(body, field) {
  try {
    const value = JSON.parse(body)[field];
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

/** @param {string} token @param {number} lifetimeMs @returns {Reply} */
const oauthIssued = (token, lifetimeMs) => ({
  status: 200,
  body: { access_token: token, token_type: 'Bearer', expires_in: lifetimeMs / 1000 },
});

/** @type {Reply} */
const oauthRefused = {
  status: 400,
  body: { error: 'invalid_grant', error_description: 'invalid username or password' },
};

/** @param {string} method @param {RegExp} path @returns {(request: Received) => boolean} */
const isRequest = (method, path) => (request) =>
  request.method === method && path.test(request.url.pathname);

/** @param {Received} request */
const bearer = ({ headers }) => (headers.authorization ?? '').replace(/^bearer /i, '');

/** @type {Provider} */
const safetychain = {
  statuses: { pending: 'Inprocess', successful: 'Successful' },
  match: ({ method, url, body }) =>
    method === 'POST' && url.pathname.endsWith('/api/integration/GetBatchStatus')
      ? field(body, 'RequestId')
      : undefined,
  token: bearer,
  respond: (id, { status, errors }) => ({
    status: 200,
    body: {
      RequestId: id,
      ...(status === undefined ? {} : { RequestStatus: status }),
      RequestError:
        errors?.map((text) => ({
          ErrorCode: 0,
          FieldName: null,
          FieldValues: null,
          ErrorMessage: text,
          Header: null,
        })) ?? null,
      Status: true,
      Errors: null,
      RefreshToken: false,
    },
  }),
  // Assumed: the page says only that Status confirms a valid id.
  unknown: {
    status: 200,
    body: {
      RequestId: null,
      RequestStatus: null,
      RequestError: null,
      Status: false,
      Errors: null,
      RefreshToken: false,
    },
  },
  unauthorized: {
    status: 401,
    body: { Message: 'Authorization has been denied for this request.' },
  },
  // Assumed: the address, and that the response is the usual one of OAuth.
  login: ({ username, password, tenant }) => ({
    method: 'POST',
    path: '/connect/token',
    sentAs: 'form',
    fields: { grant_type: 'password', acr_values: `tenant:${tenant}`, username, password },
  }),
  issued: oauthIssued,
  refused: oauthRefused,
  // The addresses of its create calls are not published: this one is the simulator's own, and the shape of the
  // response is assumed, but for its `RequestId`.
  start: {
    matches: isRequest('POST', /^\/_simulator\/safetychain\/requests$/),
    newId: () => randomUUID(),
    created: (id) => ({
      status: 200,
      body: { RequestId: id, Status: true, Errors: null, RefreshToken: false },
    }),
  },
};

const PAGE_SIZE = 10;

/** @type {Provider} */
const flolive = {
  statuses: { pending: 'OPEN', successful: 'SUCCESS' },
  match: ({ method, url }) => {
    const id = /\/api\/v3\/global\/call\/([^/]+)$/.exec(url.pathname)?.[1];
    return method === 'GET' && id !== undefined ? decodeURIComponent(id) : undefined;
  },
  token: bearer,
  respond: (id, { status, entries }, { url }) => {
    const all = entries ?? [{ requestId: id, status: status }];
    const page = Number(url.searchParams.get('page') ?? 0);
    return {
      status: 200,
      body: {
        errorCode: '',
        errorMessage: '',
        content: all.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
        pageable: {
          page,
          size: PAGE_SIZE,
          totalPages: Math.ceil(all.length / PAGE_SIZE),
          totalElements: all.length,
        },
      },
    };
  },
  // Assumed: the page does not tell the HTTP status of a refusal.
  unknown: {
    status: 200,
    body: {
      errorCode: 'GLOBAL_1003',
      errorMessage: 'Provided request ID does not exist for your account',
      content: '',
      pageable: null,
    },
  },
  unauthorized: {
    status: 401,
    body: { errorCode: 'AUTH_1001', errorMessage: 'Invalid token', content: '', pageable: null },
  },
  login: ({ username, password }) => ({
    method: 'POST',
    path: '/api/v2/auth/token',
    sentAs: 'json',
    fields: { username, password },
  }),
  issued: (token) => ({ status: 200, body: { content: [{ token }] } }),
  // Assumed: the code of wrong credentials.
  refused: {
    status: 401,
    body: { errorCode: 'AUTH_1002', errorMessage: 'Bad credentials', content: '', pageable: null },
  },
  // Assumed: the HTTP status.
  start: {
    matches: (request) =>
      isRequest('PUT', /\/api\/v2\/bulk\/subscriber\/status$/)(request) ||
      isRequest('POST', /\/api\/v2\/bulk\/subscriber\/reset-activation-time$/)(request),
    newId: () => randomUUID(),
    created: (id) => ({
      status: 200,
      headers: { 'Request-Id': id },
      body: { errorCode: '', errorMessage: '', bulk: [{ requestId: randomUUID() }] },
    }),
  },
};

/** @param {number} status @param {string} code @param {string} description @returns {Reply} */
const os1Error = (status, code, description) => ({
  status,
  body: {
    error: { code, description, additionalInfo: {} },
    request: { uri: '', method: 'GET', queryString: '', body: {} },
  },
});

/** @type {Provider} */
const os1 = {
  statuses: { pending: 'IN_PROGRESS', successful: 'success' },
  match: ({ method, url }) =>
    method === 'GET' && /\/core\/api\/v2\/participants\/[^/]+\/batch\/status$/.test(url.pathname)
      ? (url.searchParams.get('batchId') ?? '')
      : undefined,
  token: ({ headers }) => String(headers['x-coreos-access'] ?? ''),
  // Assumed: the shape of the Container service, a sister of the Participant service.
  respond: (_id, { status, counts, errors }) => ({
    status: 200,
    body: {
      data: {
        meta: { ...(status === undefined ? {} : { status }), ...counts },
        errors: errors?.map((reason, index) => ({ refID: `ref-${index + 1}`, reason })) ?? [],
        success: [],
      },
      request: { uri: '', method: 'GET', queryString: '', body: {} },
    },
  }),
  unknown: os1Error(404, 'PTCBATGET404', 'Batch not found'),
  unauthorized: os1Error(401, 'PTCBATGET401', 'The access token is not valid'),
  login: ({ clientId, clientSecret }) => ({
    method: 'POST',
    path: '/core/api/v1/aaa/auth/client-credentials',
    sentAs: 'json',
    fields: { clientId, clientSecret },
  }),
  proves: ({ headers }, { tenant }) =>
    headers['x-coreos-request-id'] !== undefined && headers['x-coreos-tid'] === tenant,
  issued: (token, lifetimeMs) => ({
    status: 200,
    body: {
      data: { accessToken: token, tokenType: 'Bearer', expiresIn: lifetimeMs / 1000 },
      request: {},
    },
  }),
  refused: os1Error(401, 'AAAAUTPOST401', 'The client is not known'),
  start: {
    matches: isRequest('POST', /\/core\/api\/v2\/participants\/[^/]+\/batch$/),
    newId: () => `batch:${randomUUID()}`,
    created: (id) => ({
      status: 202,
      body: { data: { id }, request: { uri: '', method: 'POST', queryString: '', body: {} } },
    }),
  },
};

/** @param {number} status @param {string} code @param {string} message @returns {Reply} */
const seiError = (status, code, message) => ({
  status,
  body: {
    code,
    message,
    trackingId: '5d0c7c6e-0000-4000-8000-000000000000',
    transient: 'false',
    errors: [],
  },
  headers: { requesttrackingid: '5d0c7c6e-0000-4000-8000-000000000000' },
});

/** @type {Provider} */
const sei = {
  statuses: { pending: 'Processing', successful: 'Completed' },
  match: ({ method, url }) => {
    const key = /\/v1\/jobs\/[^/]+\/status\/([^/]+)$/.exec(url.pathname)?.[1];
    return method === 'GET' && key !== undefined ? decodeURIComponent(key) : undefined;
  },
  token: bearer,
  // Assumed: the statuses. The provider shows the fields alone.
  respond: (_id, { status, batchId, message, errors }) => ({
    status: 200,
    headers: { requesttrackingid: '5d0c7c6e-0000-4000-8000-000000000000' },
    body: {
      status,
      batchId: batchId ?? '',
      message: message ?? '',
      validationMessage: errors ?? [],
    },
  }),
  unknown: seiError(404, 'resource.not.found', 'The requested resource does not exist'),
  unauthorized: seiError(401, 'gateway.authentication.failure', 'Invalid access token'),
  login: ({ username, password }) => ({
    method: 'POST',
    path: '/v2/oauthtoken',
    sentAs: 'form',
    fields: { grant_type: 'client_credentials', username, password },
  }),
  proves: ({ headers: { authorization } }, { appKey, clientSecret }) => {
    const pair = Buffer.from(`${appKey}:${clientSecret}`).toString('base64');
    return authorization === `Basic ${pair}` || authorization === pair;
  },
  issued: (token, lifetimeMs) => ({
    status: 200,
    body: { access_token: token, token_type: 'BearerToken', expires_in: lifetimeMs / 1000 },
  }),
  refused: seiError(401, 'gateway.authentication.failure', 'Invalid client or account'),
  start: {
    matches: (request) =>
      request.url.searchParams.get('state') === 'pending' &&
      (isRequest('POST', /\/v1\/transfers$/)(request) ||
        isRequest('PATCH', /\/v1\/transactions\/[^/]+$/)(request)),
    newId: () => randomBytes(17).toString('base64'),
    created: (id) => ({
      status: 202,
      headers: { requesttrackingid: '5d0c7c6e-0000-4000-8000-000000000000' },
      body: { jobStatusQueryKey: id },
    }),
  },
};

/** @type {Provider} */
const unicommerce = {
  statuses: { pending: 'RUNNING', successful: 'COMPLETE' },
  match: ({ method, url, body }) =>
    method === 'POST' && url.pathname.endsWith('/services/rest/v1/export/job/status')
      ? field(body, 'jobCode')
      : undefined,
  token: bearer,
  respond: (_id, { status, filePath, message }) => ({
    status: 200,
    body: {
      successful: true,
      message: message ?? null,
      errors: [],
      warnings: null,
      status,
      filePath: filePath ?? null,
    },
  }),
  // Assumed: the code; the shape is what clients have seen.
  unknown: {
    status: 200,
    body: {
      successful: false,
      message: null,
      errors: [
        {
          code: 60003,
          fieldName: null,
          description: 'No export job with this code',
          message: 'INVALID_JOB_CODE',
          errorParams: null,
        },
      ],
      warnings: null,
    },
  },
  unauthorized: {
    status: 401,
    body: { error: 'invalid_token', error_description: 'Invalid access token' },
  },
  login: ({ username, password }) => ({
    method: 'GET',
    path: '/oauth/token',
    sentAs: 'query',
    fields: { client_id: 'my-trusted-client', grant_type: 'password', username, password },
  }),
  refreshToken: ({ url: { searchParams: query } }) =>
    query.get('client_id') === 'my-trusted-client' && query.get('grant_type') === 'refresh_token'
      ? (query.get('refresh_token') ?? '')
      : undefined,
  issued: (token, lifetimeMs) => ({
    status: 200,
    body: {
      access_token: token,
      token_type: 'bearer',
      refresh_token: `refresh-${token}`,
      expires_in: lifetimeMs / 1000,
      scope: 'read trust write',
    },
  }),
  refused: {
    status: 500,
    body: { error: 'server_error', error_description: 'Bad credentials' },
  },
  start: {
    matches: isRequest('POST', /\/services\/rest\/v1\/export\/job\/create$/),
    // Assumed: the shape. Clients have seen the HTTP status and the text.
    refuse: ({ headers }) =>
      headers.facility === undefined
        ? { status: 403, body: { message: 'Illegal Access, facility is required' } }
        : undefined,
    newId: () => `${randomBytes(12).toString('hex')}-${randomBytes(16).toString('hex')}`,
    created: (id) => ({
      status: 200,
      body: { successful: true, message: null, errors: [], warnings: null, jobCode: id },
    }),
  },
};

/** Every provider that the simulator plays, by its name. @type {Readonly<Record<string, Provider>>} */
export const providers = {
  safetychain,
  flolive,
  os1,
  sei,
  unicommerce,
};
