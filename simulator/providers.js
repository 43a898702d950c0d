/**
 * How each vendor answers, in the JSON that its documentation shows. What the vendors have not
 * published and is assumed here is marked so; the sources are named in src/providers.
 *
 * @typedef {import('./simulator.js').Step} Step
 * @typedef {{ status: number, body: unknown, headers?: Record<string, string> }} Reply
 * @typedef {{ method: string, url: URL, headers: import('node:http').IncomingHttpHeaders, body: string }} Received
 *
 * @typedef {object} Vendor
 * @property {(request: Received) => string | undefined} match id of the job asked about, or nothing if the request is not this vendor's status call
 * @property {(request: Received) => string} token the access token that came with the request
 * @property {(id: string, step: Step, request: Received) => Reply} answer
 * @property {Reply} unknown the answer about an id that was never created
 * @property {Reply} unauthorized the answer to a token that is not accepted
 * @property {(request: Received) => boolean} isLogIn whether the request is this vendor's log-in
 * @property {(request: Received, account: Account) => Grant | undefined} accepts what the log-in
 *   proves, or nothing if the vendor refuses it
 * @property {(token: string, lifetimeMs: number) => Reply} issued the answer that holds a new token
 * @property {Reply} refused the answer to a log-in that is refused
 *
 * @typedef {'credentials' | { refreshToken: string }} Grant
 *
 * @typedef {object} Account what a log-in has to show, the same for every vendor
 * @property {string} username
 * @property {string} password
 * @property {string} clientId
 * @property {string} clientSecret
 * @property {string} appKey
 * @property {string} tenant
 */

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

/** @param {Received} request */
const bearer = ({ headers }) => (headers.authorization ?? '').replace(/^bearer /i, '');

/** @type {Vendor} */
const safetychain = {
  match: ({ method, url, body }) =>
    method === 'POST' && url.pathname.endsWith('/api/integration/GetBatchStatus')
      ? field(body, 'RequestId')
      : undefined,
  token: bearer,
  answer: (id, { word, errors }) => ({
    status: 200,
    body: {
      RequestId: id,
      ...(word === undefined ? {} : { RequestStatus: word }),
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
  // Assumed: the address, and that the answer is the usual one of OAuth.
  isLogIn: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/connect/token'),
  accepts: ({ body }, { username, password, tenant }) => {
    const form = new URLSearchParams(body);
    return form.get('grant_type') === 'password' &&
      form.get('acr_values') === `tenant:${tenant}` &&
      form.get('username') === username &&
      form.get('password') === password
      ? 'credentials'
      : undefined;
  },
  issued: oauthIssued,
  refused: oauthRefused,
};

const PAGE_SIZE = 10;

/** @type {Vendor} */
const flolive = {
  match: ({ method, url }) => {
    const id = /\/api\/v3\/global\/call\/([^/]+)$/.exec(url.pathname)?.[1];
    return method === 'GET' && id !== undefined ? decodeURIComponent(id) : undefined;
  },
  token: bearer,
  answer: (id, { word, entries }, { url }) => {
    const all = entries ?? [{ requestId: id, status: word }];
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
  isLogIn: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/api/v2/auth/token'),
  accepts: ({ body }, { username, password }) =>
    field(body, 'username') === username && field(body, 'password') === password
      ? 'credentials'
      : undefined,
  issued: (token) => ({ status: 200, body: { content: [{ token }] } }),
  // Assumed: the code of wrong credentials.
  refused: {
    status: 401,
    body: { errorCode: 'AUTH_1002', errorMessage: 'Bad credentials', content: '', pageable: null },
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

/** @type {Vendor} */
const os1 = {
  match: ({ method, url }) =>
    method === 'GET' && /\/core\/api\/v2\/participants\/[^/]+\/batch\/status$/.test(url.pathname)
      ? (url.searchParams.get('batchId') ?? '')
      : undefined,
  token: ({ headers }) => String(headers['x-coreos-access'] ?? ''),
  // Assumed: the shape of the Container service, a sister of the Participant service.
  answer: (_id, { word, counts, errors }) => ({
    status: 200,
    body: {
      data: {
        meta: { ...(word === undefined ? {} : { status: word }), ...counts },
        errors: errors?.map((reason, index) => ({ refID: `ref-${index + 1}`, reason })) ?? [],
        success: [],
      },
      request: { uri: '', method: 'GET', queryString: '', body: {} },
    },
  }),
  unknown: os1Error(404, 'PTCBATGET404', 'Batch not found'),
  unauthorized: os1Error(401, 'PTCBATGET401', 'The access token is not valid'),
  isLogIn: ({ method, url }) =>
    method === 'POST' && url.pathname.endsWith('/core/api/v1/aaa/auth/client-credentials'),
  accepts: ({ body, headers }, { clientId, clientSecret }) =>
    headers['x-coreos-request-id'] !== undefined &&
    field(body, 'clientId') === clientId &&
    field(body, 'clientSecret') === clientSecret
      ? 'credentials'
      : undefined,
  issued: (token, lifetimeMs) => ({
    status: 200,
    body: {
      data: { accessToken: token, tokenType: 'Bearer', expiresIn: lifetimeMs / 1000 },
      request: {},
    },
  }),
  refused: os1Error(401, 'AAAAUTPOST401', 'The client is not known'),
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

/** @type {Vendor} */
const sei = {
  match: ({ method, url }) => {
    const key = /\/v1\/jobs\/[^/]+\/status\/([^/]+)$/.exec(url.pathname)?.[1];
    return method === 'GET' && key !== undefined ? decodeURIComponent(key) : undefined;
  },
  token: bearer,
  // Assumed: the words. The vendor shows the fields alone.
  answer: (_id, { word, batchId, message, errors }) => ({
    status: 200,
    headers: { requesttrackingid: '5d0c7c6e-0000-4000-8000-000000000000' },
    body: {
      status: word,
      batchId: batchId ?? '',
      message: message ?? '',
      validationMessage: errors ?? [],
    },
  }),
  unknown: seiError(404, 'resource.not.found', 'The requested resource does not exist'),
  unauthorized: seiError(401, 'gateway.authentication.failure', 'Invalid access token'),
  isLogIn: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/v2/oauthtoken'),
  accepts: ({ body, headers }, { username, password, appKey, clientSecret }) => {
    const form = new URLSearchParams(body);
    const pair = Buffer.from(`${appKey}:${clientSecret}`).toString('base64');
    return form.get('grant_type') === 'client_credentials' &&
      form.get('username') === username &&
      form.get('password') === password &&
      (headers.authorization === `Basic ${pair}` || headers.authorization === pair)
      ? 'credentials'
      : undefined;
  },
  issued: (token, lifetimeMs) => ({
    status: 200,
    body: { access_token: token, token_type: 'BearerToken', expires_in: lifetimeMs / 1000 },
  }),
  refused: seiError(401, 'gateway.authentication.failure', 'Invalid client or account'),
};

/** @type {Vendor} */
const unicommerce = {
  match: ({ method, url, body }) =>
    method === 'POST' && url.pathname.endsWith('/services/rest/v1/export/job/status')
      ? field(body, 'jobCode')
      : undefined,
  token: bearer,
  answer: (_id, { word, filePath, message }) => ({
    status: 200,
    body: {
      successful: true,
      message: message ?? null,
      errors: [],
      warnings: null,
      status: word,
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
  isLogIn: ({ method, url }) => method === 'GET' && url.pathname.endsWith('/oauth/token'),
  accepts: ({ url: { searchParams: query } }, { username, password }) => {
    if (query.get('client_id') !== 'my-trusted-client') return undefined;
    if (query.get('grant_type') === 'refresh_token') {
      return { refreshToken: query.get('refresh_token') ?? '' };
    }
    return query.get('username') === username && query.get('password') === password
      ? 'credentials'
      : undefined;
  },
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
};

/** @type {Readonly<Record<string, Vendor>>} */
export const vendors = { safetychain, flolive, os1, sei, unicommerce };
