/**
 * What the services of docs/recipes.md respond about a job, by the headings there: while it goes on, at its
 * ends, and the trap that each has for whoever asks. Built from the documents that the page links to.
 *
 * @typedef {import('./providers.js').Reply} Reply
 *
 * @typedef {object} Recipe
 * @property {string} id what the step is given; `HOST` stands for the service
 * @property {string} asked the request that tells the status, as `METHOD path`
 * @property {string} [sent] the body of that request
 * @property {[name: string, value: string]} credentials a header that the request must carry
 * @property {Reply[]} pending responses before any of the ends
 * @property {Readonly<Record<string, End>>} ends `success`, `failure`, `trap` and those that only this service has
 * @property {string} [cancelled] the request that stops the job
 * @property {string} [cancelledWith] the body of that request
 *
 * @typedef {object} End
 * @property {Reply[]} replies the last one stays
 * @property {Record<string, string>} outputs what the step makes of it
 */

/** @param {unknown} body @param {number} [status] @param {Record<string, string>} [headers] @returns {Reply} */
const say = (body, status = 200, headers = {}) => ({ status, body, headers });

const TOKEN = 'recipe-token';
/** @type {[string, string]} */
const bearer = ['authorization', `Bearer ${TOKEN}`];
/** @param {string} user @returns {[string, string]} */
const basic = (user) => [
  'authorization',
  `Basic ${Buffer.from(`${user}:${TOKEN}`).toString('base64')}`,
];
const successful = { status: 'Successful', reason: '' };
const partial = { status: 'PartialSuccess', reason: 'partial-success' };
const failed = { status: 'Failure', reason: 'job-failed' };
const page = '<!doctype html><html><title>Sign in</title></html>';

/** @param {string} id @param {object} state */
const databricks = (id, state) =>
  say({
    run_id: Number(id),
    state,
    run_page_url: `https://acme.cloud.databricks.com/#job/1/run/${id}`,
  });

/** @param {string} status @param {object} [more] */
const shopify = (status, more) =>
  say({ data: { node: { status, errorCode: null, url: null, ...more } } });

/** @param {string} code @param {object} more @param {number} [status] */
const snowflake = (code, more, status) =>
  say({ code, statementHandle: '01b1c2d3-0000-1111-0000-000100020003', ...more }, status);

/** @param {object | null} status */
const argo = (status) => say({ metadata: { name: 'nightly-x7k2p' }, status });

/** @type {Readonly<Record<string, Recipe>>} */
export const recipes = {
  'Salesforce Bulk API 2.0': {
    id: '7505e000001AbCdAAK',
    asked: 'GET /services/data/v66.0/jobs/ingest/7505e000001AbCdAAK',
    credentials: bearer,
    pending: ['Open', 'UploadComplete', 'InProgress'].map((state) =>
      say({ state, numberRecordsFailed: 1 }),
    ),
    ends: {
      success: {
        replies: [say({ state: 'JobComplete', numberRecordsFailed: 0 })],
        outputs: { ...successful, providerStatus: 'JobComplete' },
      },
      failure: {
        replies: [say({ state: 'Failed', errorMessage: 'InvalidBatch : Field name not found' })],
        outputs: { ...failed, message: 'InvalidBatch : Field name not found' },
      },
      trap: {
        replies: [
          say({ state: 'JobComplete', numberRecordsFailed: 12, numberRecordsProcessed: 40 }),
        ],
        outputs: partial,
      },
      allFailed: {
        replies: [
          say({ state: 'JobComplete', numberRecordsFailed: 12, numberRecordsProcessed: 12 }),
        ],
        outputs: failed,
      },
    },
  },
  'Databricks job runs': {
    id: '455644833',
    asked: 'GET /api/2.2/jobs/runs/get?run_id=455644833',
    cancelled: 'POST /api/2.2/jobs/runs/cancel',
    cancelledWith: '{"run_id": 455644833}',
    credentials: bearer,
    pending: ['QUEUED', 'PENDING', 'RUNNING', 'BLOCKED'].map((life_cycle_state) =>
      databricks('455644833', { life_cycle_state }),
    ),
    ends: {
      success: {
        replies: [
          databricks('455644833', { life_cycle_state: 'TERMINATING', result_state: 'SUCCESS' }),
          databricks('455644833', { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' }),
        ],
        outputs: {
          ...successful,
          filePath: 'https://acme.cloud.databricks.com/#job/1/run/455644833',
        },
      },
      failure: {
        replies: [
          databricks('455644833', {
            life_cycle_state: 'TERMINATED',
            result_state: 'FAILED',
            state_message: 'Task main failed',
          }),
        ],
        outputs: { ...failed, message: 'Task main failed', providerStatus: 'FAILED' },
      },
      trap: {
        replies: [databricks('455644833', { life_cycle_state: 'INTERNAL_ERROR' })],
        outputs: { ...failed, providerStatus: 'INTERNAL_ERROR' },
      },
    },
  },
  'Azure Resource Manager operations': {
    id: 'HOST/subscriptions/s/providers/Microsoft.Compute/locations/l/operations/o?api-version=2026-03-01',
    asked:
      'GET /subscriptions/s/providers/Microsoft.Compute/locations/l/operations/o?api-version=2026-03-01',
    credentials: bearer,
    pending: ['Accepted', 'Creating'].map((status) => say({ status }, 200, { 'Retry-After': '1' })),
    ends: {
      success: { replies: [say({ status: 'Succeeded' })], outputs: successful },
      failure: {
        replies: [say({ status: 'Failed', error: { code: 'Quota', message: 'Quota is used up' } })],
        outputs: { ...failed, message: 'Quota is used up' },
      },
      trap: { replies: [say({ status: 'Canceled' })], outputs: failed },
      resource: {
        replies: [
          say({ id: '/subscriptions/s', properties: { provisioningState: 'Creating' } }),
          say({ id: '/subscriptions/s', properties: { provisioningState: 'Succeeded' } }),
        ],
        outputs: successful,
      },
    },
  },
  'Azure services with Operation-Location': {
    id: 'HOST/documentintelligence/operations/31466?api-version=2026-01-01',
    asked: 'GET /documentintelligence/operations/31466?api-version=2026-01-01',
    credentials: ['ocp-apim-subscription-key', TOKEN],
    pending: ['notStarted', 'running'].map((status) => say({ status })),
    ends: {
      success: {
        replies: [say({ status: 'succeeded', resourceLocation: 'https://acme.example/models/m' })],
        outputs: { ...successful, filePath: 'https://acme.example/models/m' },
      },
      failure: {
        replies: [say({ status: 'failed', error: { message: 'The file is corrupted' } })],
        outputs: { ...failed, message: 'The file is corrupted' },
      },
      trap: {
        replies: [
          say({ error: { message: 'Too many requests' } }, 429),
          say({ status: 'succeeded' }),
        ],
        outputs: successful,
      },
      superseded: { replies: [say({ status: 'superseded' })], outputs: failed },
      partial: { replies: [say({ status: 'partiallyCompleted' })], outputs: partial },
    },
  },
  'Any API that responds 202 with a Location': {
    id: 'HOST/operations/17',
    asked: 'GET /operations/17',
    credentials: bearer,
    pending: [say('', 202, { 'Content-Type': 'text/plain' }), say({}, 202)],
    ends: {
      success: {
        replies: [say('order,amount\n1001,250\n', 200, { 'Content-Type': 'text/csv' })],
        outputs: { ...successful, response: 'order,amount\n1001,250\n' },
      },
      failure: {
        replies: [say({ error: { code: 'Bad', message: 'The batch is empty' } }, 422)],
        outputs: { status: 'Error', reason: 'rejected', message: 'HTTP 422: The batch is empty' },
      },
      trap: {
        replies: [say(page, 200, { 'Content-Type': 'text/html' }), say('', 204)],
        outputs: successful,
      },
      status: {
        replies: [
          say({ status: 'InProgress' }),
          say({ properties: { provisioningState: 'Failed' } }),
        ],
        outputs: { ...failed, providerStatus: 'Failed' },
      },
      error: {
        replies: [say({ success: false, message: 'The session has ended' })],
        outputs: { ...failed, message: 'The session has ended' },
      },
    },
  },
  'Microsoft Graph operations': {
    id: 'contentTypeCopy,0cdb1bf8',
    asked: 'GET /v1.0/sites/SITE/operations/contentTypeCopy%2C0cdb1bf8',
    credentials: bearer,
    pending: ['notStarted', 'running'].map((status) => say({ status })),
    ends: {
      success: {
        replies: [
          say({ status: 'succeeded', resourceLocation: 'https://graph.microsoft.com/v1.0/x' }),
        ],
        outputs: { ...successful, filePath: 'https://graph.microsoft.com/v1.0/x' },
      },
      failure: {
        replies: [say({ status: 'failed', error: { message: 'Access denied' } })],
        outputs: { ...failed, message: 'Access denied' },
      },
      trap: {
        replies: [
          say({ error: { code: 'itemNotFound', message: 'Not there yet' } }, 404),
          say({ status: 'succeeded' }),
        ],
        outputs: successful,
      },
      skipped: { replies: [say({ status: 'skipped' })], outputs: failed },
    },
  },
  'Google Cloud operations': {
    id: 'projects/p/locations/l/operations/operation-17',
    asked: 'GET /v1/projects/p/locations/l/operations/operation-17',
    credentials: bearer,
    pending: [say({ name: 'operation-17' }), say({ name: 'operation-17', done: false })],
    ends: {
      success: {
        replies: [say({ name: 'operation-17', done: true, response: { state: 'ACTIVE' } })],
        outputs: successful,
      },
      failure: {
        replies: [
          say({ name: 'operation-17', done: true, error: { code: 9, message: 'Already exists' } }),
        ],
        outputs: { ...failed, message: 'Already exists' },
      },
      trap: {
        replies: [say({ error: { code: 13, message: 'Internal' } })],
        outputs: { ...failed, message: 'Internal' },
      },
      busy: {
        replies: [
          say({ error: { code: 503, status: 'UNAVAILABLE', message: 'Try again' } }),
          say({ error: { code: 403, errors: [{ reason: 'rateLimitExceeded' }] } }),
          say({ name: 'operation-17', done: true }),
        ],
        outputs: successful,
      },
    },
  },
  'Snowflake SQL API': {
    id: '01b1c2d3-0000-1111-0000-000100020003',
    asked: 'GET /api/v2/statements/01b1c2d3-0000-1111-0000-000100020003',
    cancelled: 'POST /api/v2/statements/01b1c2d3-0000-1111-0000-000100020003/cancel',
    credentials: ['x-snowflake-authorization-token-type', 'OAUTH'],
    pending: ['333333', '333334'].map((code) => snowflake(code, { message: 'in progress' }, 202)),
    ends: {
      success: { replies: [snowflake('090001', { data: [['1']] })], outputs: successful },
      failure: {
        replies: [say({ code: '000904', message: 'invalid identifier' }, 422)],
        outputs: { ...failed, message: 'invalid identifier' },
      },
      trap: {
        replies: [say({ code: '390318', message: 'token expired' }, 401)],
        outputs: { status: 'Error', reason: 'rejected' },
      },
      timeLimit: {
        replies: [snowflake('000630', { message: 'The statement was stopped' }, 408)],
        outputs: { ...failed, message: 'The statement was stopped' },
      },
      badQuestion: {
        replies: [say({ code: '391902', message: 'Unsupported Accept header' }, 415)],
        outputs: { status: 'Error', reason: 'rejected' },
      },
    },
  },
  'Shopify bulk operations': {
    id: 'gid://shopify/BulkOperation/720918',
    asked: 'POST /admin/api/2026-10/graphql.json',
    sent: '{"query": "query ($job: ID!) { node(id: $job) { ... on BulkOperation { status errorCode url } } }", "variables": {"job": "gid://shopify/BulkOperation/720918"}}',
    credentials: ['x-shopify-access-token', TOKEN],
    pending: ['CREATED', 'RUNNING', 'CANCELING'].map((status) => shopify(status)),
    ends: {
      success: {
        replies: [shopify('COMPLETED', { url: 'https://storage.example/bulk.jsonl' })],
        outputs: { ...successful, filePath: 'https://storage.example/bulk.jsonl' },
      },
      failure: {
        replies: [shopify('FAILED', { errorCode: 'TIMEOUT' })],
        outputs: { ...failed, message: 'TIMEOUT' },
      },
      trap: {
        replies: [say({ errors: [{ message: 'Invalid global id' }], data: { node: null } })],
        outputs: { ...failed, message: 'Invalid global id' },
      },
      throttled: {
        replies: [
          say({ errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }] }),
          shopify('COMPLETED', { url: 'https://storage.example/bulk.jsonl' }),
        ],
        outputs: successful,
      },
    },
  },
  'Stripe report runs': {
    id: 'frr_1KVpGS2eZvKYlo2C',
    asked: 'GET /v1/reporting/report_runs/frr_1KVpGS2eZvKYlo2C',
    credentials: bearer,
    pending: [say({ status: 'pending', result: null })],
    ends: {
      success: {
        replies: [
          say({ status: 'succeeded', result: { url: 'https://files.example/f/contents' } }),
        ],
        outputs: { ...successful, filePath: 'https://files.example/f/contents' },
      },
      failure: {
        replies: [say({ status: 'failed', error: 'No data in that interval' })],
        outputs: { ...failed, message: 'No data in that interval' },
      },
      trap: {
        replies: [
          say({ error: { message: 'Rate limit exceeded' } }, 429),
          say({ status: 'succeeded' }),
        ],
        outputs: successful,
      },
    },
  },
  'Zendesk job statuses': {
    id: '82de0b044094f0c67893ac9fe64f1a99',
    asked: 'GET /api/v2/job_statuses/82de0b044094f0c67893ac9fe64f1a99.json',
    credentials: basic('agent@acme.example/token'),
    pending: ['queued', 'working'].map((status) => say({ job_status: { status, results: null } })),
    ends: {
      success: {
        replies: [say({ job_status: { status: 'completed', results: [{ success: true }] } })],
        outputs: successful,
      },
      failure: {
        replies: [say({ job_status: { status: 'killed', message: 'Stopped by an admin' } })],
        outputs: { ...failed, message: 'Stopped by an admin' },
      },
      trap: {
        replies: [
          say({
            job_status: { status: 'completed', results: [{ success: true }, { success: false }] },
          }),
        ],
        outputs: partial,
      },
      badItem: {
        replies: [
          say({
            job_status: { status: 'completed', results: [{ id: 1 }, { error: 'RecordNotFound' }] },
          }),
        ],
        outputs: partial,
      },
      allFailed: {
        replies: [say({ job_status: { status: 'completed', results: [{ status: 'Failed' }] } })],
        outputs: failed,
      },
      deletion: {
        replies: [say({ job_status: { status: 'completed', results: { success: false } } })],
        outputs: failed,
      },
    },
  },
  'Okta identity source sessions': {
    id: 'uij4ri8ZLk0ywyqxB0g4',
    asked: 'GET /api/v1/identity-sources/SOURCE/sessions/uij4ri8ZLk0ywyqxB0g4',
    credentials: ['authorization', `SSWS ${TOKEN}`],
    pending: ['CREATED', 'TRIGGERED', 'IN_PROGRESS'].map((status) => say({ status })),
    ends: {
      success: { replies: [say({ status: 'COMPLETED' })], outputs: successful },
      failure: { replies: [say({ status: 'ERROR' })], outputs: failed },
      trap: { replies: [say({ status: 'CLOSED' })], outputs: failed },
    },
  },
  'HubSpot exports': {
    id: '2589931',
    asked: 'GET /crm/v3/exports/export/async/tasks/2589931/status',
    credentials: bearer,
    pending: ['PENDING', 'PROCESSING'].map((status) => say({ status })),
    ends: {
      success: {
        replies: [
          say({ status: 'COMPLETE', result: 'https://exports.example/f.csv', numErrors: 0 }),
        ],
        outputs: { ...successful, filePath: 'https://exports.example/f.csv' },
      },
      failure: { replies: [say({ status: 'CANCELED' })], outputs: failed },
      trap: {
        replies: [say({ status: 'COMPLETE', numErrors: 2, errors: [{ message: 'Row 3' }] })],
        outputs: { ...partial, message: 'Row 3' },
      },
      canceled: { replies: [say({ status: 'CANCELED', numErrors: 2 })], outputs: failed },
    },
  },
  'Amazon Selling Partner reports': {
    id: '50013018706',
    asked: 'GET /reports/2021-06-30/reports/50013018706',
    credentials: ['x-amz-access-token', TOKEN],
    pending: ['IN_QUEUE', 'IN_PROGRESS'].map((processingStatus) => say({ processingStatus })),
    ends: {
      success: {
        replies: [say({ processingStatus: 'DONE', reportDocumentId: 'amzn1.doc.17' })],
        outputs: { ...successful, batchId: 'amzn1.doc.17' },
      },
      failure: { replies: [say({ processingStatus: 'FATAL' })], outputs: failed },
      trap: { replies: [say({ processingStatus: 'CANCELLED' })], outputs: partial },
    },
  },
  'Elastic Path jobs': {
    id: '7f1c2d3e-job',
    asked: 'GET /v2/jobs/7f1c2d3e-job',
    credentials: bearer,
    pending: ['pending', 'STARTED'].map((status) => say({ data: { status } })),
    ends: {
      success: {
        replies: [
          say({ data: { status: 'success', link: { href: 'https://files.example/a.csv' } } }),
        ],
        outputs: { ...successful, filePath: 'https://files.example/a.csv' },
      },
      failure: {
        replies: [say({ data: { status: 'FAILED', error: 'invalid sku' } })],
        outputs: { ...failed, message: 'invalid sku' },
      },
      trap: { replies: [say({ data: { status: 'SUCCESS' } })], outputs: successful },
    },
  },
  'GitHub workflow runs': {
    id: '30433642',
    asked: 'GET /repos/OWNER/REPO/actions/runs/30433642',
    cancelled: 'POST /repos/OWNER/REPO/actions/runs/30433642/cancel',
    credentials: bearer,
    pending: ['requested', 'queued', 'in_progress'].map((status) =>
      say({ status, conclusion: null }),
    ),
    ends: {
      success: {
        replies: [
          say({ status: 'completed', conclusion: 'success', html_url: 'https://github.com/r' }),
        ],
        outputs: { ...successful, filePath: 'https://github.com/r' },
      },
      failure: {
        replies: [say({ status: 'completed', conclusion: 'startup_failure' })],
        outputs: failed,
      },
      trap: { replies: [say({ status: 'completed', conclusion: 'timed_out' })], outputs: failed },
      undecided: {
        replies: [
          say({ status: 'completed', conclusion: null }),
          say({ status: 'completed', conclusion: 'failure' }),
        ],
        outputs: failed,
      },
    },
  },
  'Jenkins builds': {
    id: '17',
    asked: 'GET /job/NAME/17/api/json',
    cancelled: 'POST /job/NAME/17/stop',
    credentials: basic('agent@acme.example'),
    pending: [say({ building: true, result: null })],
    ends: {
      success: {
        replies: [say({ building: false, result: 'SUCCESS', url: 'https://j/17/' })],
        outputs: successful,
      },
      failure: { replies: [say({ building: false, result: 'ABORTED' })], outputs: failed },
      trap: {
        replies: [
          say({ building: true, result: 'UNSTABLE' }),
          say({ building: false, result: 'UNSTABLE' }),
        ],
        outputs: partial,
      },
      undecided: {
        replies: [
          say({ building: false, result: null }),
          say({ building: false, result: 'FAILURE' }),
        ],
        outputs: failed,
      },
    },
  },
  'Argo workflows': {
    id: 'nightly-x7k2p',
    asked: 'GET /api/v1/workflows/NAMESPACE/nightly-x7k2p',
    credentials: bearer,
    pending: [argo({}), argo({ phase: 'Running' })],
    ends: {
      success: { replies: [argo({ phase: 'Succeeded' })], outputs: successful },
      failure: {
        replies: [argo({ phase: 'Failed', message: 'child failed' })],
        outputs: { ...failed, message: 'child failed' },
      },
      trap: {
        replies: [argo(null), argo({ phase: 'Error' })],
        outputs: failed,
      },
    },
  },
  'Airflow DAG runs': {
    id: 'manual__2026-11-21T10:15:00+00:00',
    asked: 'GET /api/v2/dags/DAG/dagRuns/manual__2026-11-21T10%3A15%3A00%2B00%3A00',
    credentials: bearer,
    pending: ['queued', 'running'].map((state) => say({ state })),
    ends: {
      success: { replies: [say({ state: 'success' })], outputs: successful },
      failure: {
        replies: [say({ state: 'failed', note: 'see task 3' })],
        outputs: { ...failed, message: 'see task 3' },
      },
      trap: {
        replies: [say({ state: 'running' }), say({ state: 'queued' }), say({ state: 'success' })],
        outputs: successful,
      },
    },
  },
  'AWS Step Functions behind an API Gateway': {
    id: 'arn:aws:states:eu-west-1:123456789012:execution:export:17',
    asked: 'POST /prod/executions',
    sent: '{"executionArn": "arn:aws:states:eu-west-1:123456789012:execution:export:17"}',
    credentials: ['x-api-key', TOKEN],
    pending: [say({ status: 'RUNNING' })],
    ends: {
      success: { replies: [say({ status: 'SUCCEEDED', output: '{}' })], outputs: successful },
      failure: {
        replies: [say({ status: 'FAILED', error: 'States.TaskFailed', cause: 'no such table' })],
        outputs: { ...failed, message: 'no such table' },
      },
      trap: {
        replies: [
          say({ status: 'PENDING_REDRIVE' }),
          say({ status: 'RUNNING' }),
          say({ status: 'TIMED_OUT' }),
        ],
        outputs: failed,
      },
    },
  },
};

/** The secret that every service here accepts. */
export const recipeToken = TOKEN;
