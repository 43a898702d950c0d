import { gzipSync } from 'node:zlib';
import { services, statusIn } from '../../simulator/services.js';
import { recipeInputs } from './recipes.js';

/** A response as it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A response as it is written here: a body that is no text is sent as JSON. */
export interface Told {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** How a service says what it says. */
export interface Service {
  /** A body in which `value` stands where the status does. */
  readonly at: (value: unknown) => unknown;
  /** Left out where a service never says that a job still runs. */
  readonly pending?: Told | undefined;
  readonly success: Told;
  readonly failure: Told;
  /** The statuses in `success` and `failure`, where they have one. */
  readonly words: readonly string[];
  /** What the step needs beside the address, where no recipe says it. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** How it names its jobs: see simulator/services.js. */
  readonly id?: string | undefined;
  readonly numericId?: boolean | undefined;
  /** Variables that the step needs, such as credentials that another step has left. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** A recipe, and which of its steps. */
interface Step {
  readonly recipe: string;
  readonly step?: number | undefined;
}

/** How the wait for a job ends: the outputs `status` and `reason`. */
export type End = string;

/** What is expected of a body, as the first response and after one that said that the job still runs. */
export interface Expected {
  readonly first: End;
  readonly later: End;
}

/** Bodies by what they are. */
type Bodies = Readonly<Record<string, (service: Service) => Told>>;

/** Bodies that prove the same. */
interface Group {
  readonly bodies: Bodies;
  readonly usual: Expected;
  readonly exceptions: readonly Exception[];
}

/** Services that read some bodies otherwise than the rest, by a rule of their own. */
interface Exception extends Partial<Expected> {
  readonly why: string;
  readonly services: readonly string[];
  readonly bodies: readonly string[];
}

const inJson: Readonly<Record<string, string>> = { 'Content-Type': 'application/json' };

export const send = ({ status = 200, headers = inJson, body }: Told): Reply => ({
  status,
  headers,
  body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
});

const nothingTold: Told = { body: '' };

/** A service with one field for the status. */
function oneField(
  at: (value: unknown) => object,
  [success, failure, pending]: readonly [string, string, string],
  report: object = {},
): Service {
  return {
    at,
    pending: { body: at(pending) },
    success: { body: { ...at(success), ...report } },
    failure: { body: at(failure) },
    words: [success, failure],
  };
}

const status = (value: unknown) => ({ status: value });

/** What a recipe is called here: by its heading, and the number of the step where that is not the first. */
export const nameOf = ({
  recipe,
  step = 0,
}: {
  readonly recipe: string;
  readonly step?: number | undefined;
}) => (step === 0 ? recipe : `${recipe}, step ${step + 1}`);

/** A service as its file in simulator/services describes it. */
function described(service: (typeof services)[number]): Service & Step {
  const { recipe, step, id, numericId, environment, statusAt, statuses } = service;
  const told = (index = -1): Told | undefined => {
    const reply = statuses[index]?.reply;
    return reply && { ...reply, body: reply.body ?? '' };
  };
  const text = JSON.stringify(statusAt);
  const [success = nothingTold, failure = nothingTold] = [service.success, service.failure].map(
    told,
  );
  // A query that compares the status with a text wants it as it is documented.
  const { 'status-query': query = '' } = recipeInputs(recipe, '', step);
  const words = [success, failure]
    .map(({ body }) => statusIn(statusAt, body))
    .filter((word) => typeof word === 'string' && word !== '' && !query.includes(`'${word}'`));
  return {
    ...{ recipe, step, id, numericId, environment },
    at: (value) => JSON.parse(text.replaceAll('"STATUS"', JSON.stringify(value))) as unknown,
    ...{ pending: told(service.pending), success, failure },
    words: words as string[],
  };
}

/** The recipes, by their names. */
export const recipeServices: Readonly<Record<string, Service & Step>> = Object.fromEntries(
  services.map((service) => [nameOf(service), described(service)]),
);

/** A service that speaks of one job: its texts are completed by `fill`. */
export function speakingOf(service: Service, fill: (text: string) => string): Service {
  const filled = <T>(value: T) => JSON.parse(fill(JSON.stringify(value))) as T;
  return {
    ...service,
    at: (value) => filled(service.at(value)),
    pending: service.pending && filled(service.pending),
    success: filled(service.success),
    failure: filled(service.failure),
  };
}

const strictDefault = 'the bare default, where unknown statuses fail';
const strictStripe = 'Stripe report runs, where unknown statuses fail';

/** `http` where it is told little more than the address, by what it is told. */
export const plainServices: Readonly<Record<string, Service>> = {
  'the bare default': oneField(status, ['success', 'failed', 'running']),
  'a list of jobs': {
    ...oneField((value) => ({ jobs: [{ status: value }] }), ['finished', 'failed', 'running']),
    inputs: { 'status-query': 'jobs[].status' },
  },
  [strictDefault]: {
    ...oneField(status, ['success', 'failed', 'running']),
    inputs: { 'on-unknown-status': 'fail' },
  },
};

/** Recipes with one more input, by the recipe that they extend. */
export const stricterRecipes: Readonly<Record<string, Service & Step>> = {
  [strictStripe]: {
    ...oneField(status, ['succeeded', 'failed', 'pending']),
    recipe: 'Stripe report runs',
    inputs: { 'on-unknown-status': 'fail' },
  },
};

/** The built-in providers. */
export const builtInServices: Readonly<Record<string, Service>> = {
  safetychain: oneField(
    (value) => ({ Status: true, RequestStatus: value }),
    ['Successful', 'Failure', 'Inprocess'],
  ),
  flolive: oneField(
    (value) => ({ errorCode: null, content: [{ requestId: 'r', status: value }] }),
    ['SUCCESS', 'FAILURE', 'OPEN'],
  ),
  os1: {
    ...oneField(
      (value) => ({ data: { meta: { status: value } } }),
      ['completed', 'failed', 'processing'],
    ),
    inputs: { 'tenant-id': 'acme', 'participant-type': 'consignees' },
  },
  sei: {
    ...oneField(status, ['Completed', 'Failed', 'Running'], { batchId: 'b' }),
    inputs: { 'app-key': 'evidence-app-key' },
  },
  unicommerce: oneField(
    (value) => ({ successful: true, status: value }),
    ['COMPLETE', 'FAILED', 'RUNNING'],
    { filePath: 'https://reports.example/f.csv' },
  ),
};

const html = '<!doctype html><html><head><title>Sign in</title></head><body>Success</body></html>';
const asHtml = { 'Content-Type': 'text/html' };
const asText = { 'Content-Type': 'text/plain' };
const asXml = { 'Content-Type': 'application/xml' };

/** Bodies that prove nothing, by what they are. */
const nothing: Bodies = {
  'an empty object': () => ({ body: {} }),
  'an empty list': () => ({ body: [] }),
  null: () => ({ body: null }),
  'an empty JSON text': () => ({ body: '""' }),
  zero: () => ({ body: 0 }),
  true: () => ({ body: true }),
  'a word of success alone': () => ({ body: '"success"' }),
  'no data': () => ({ body: { data: [] } }),
  'a status that is null': ({ at }) => ({ body: at(null) }),
  'a status that is empty': ({ at }) => ({ body: at('') }),
  'a status of spaces': ({ at }) => ({ body: at('  ') }),
  'a status that is an empty object': ({ at }) => ({ body: at({}) }),
  'a status that is an empty list': ({ at }) => ({ body: at([]) }),
  'a status that is the HTTP status': ({ at }) => ({ body: at(200) }),
  'a status that is OK': ({ at }) => ({ body: at('OK') }),
  'a key in another case': () => ({ body: { Status: 'running' } }),
  'a key of another service': () => ({ body: { state: 'running' } }),
  'success at a key of another service': () => ({ body: { outcome: 'success', phase: 'done' } }),
  'an error in a 200': () => ({ body: { error: { code: 500, message: 'x' } } }),
  'an ended session': () => ({ body: { success: false, message: 'session expired' } }),
  'a success flag alone': () => ({ body: { success: true } }),
  'a node that is null': () => ({ body: { data: { node: null } } }),
  'errors of GraphQL': () => ({ body: { errors: [{ message: 'no' }], data: null } }),
  'JSON in a JSON text': ({ success }) => ({ body: JSON.stringify(JSON.stringify(success.body)) }),
  'a list without the job': () => ({ body: { value: [], jobs: [], content: [], count: 0 } }),
  'a build without a result': () => ({ body: { building: false, result: null } }),
  'the health of another service': () => ({ body: { healthy: true, version: '2.4.1' } }),
  'an HTML page': () => ({ body: html, headers: asHtml }),
  'an HTML page that is called JSON': () => ({ body: html }),
  'an empty body': () => ({ body: '' }),
  'an empty body under gzip': () => ({ body: '', headers: { 'Content-Encoding': 'gzip' } }),
  'a plain word of success': () => ({ body: 'success', headers: asText }),
  XML: () => ({ body: '<job><status>success</status></job>', headers: asXml }),
  'JSON that is cut': ({ success }) => ({ body: JSON.stringify(success.body).slice(0, -1) }),
  'a 204': () => ({ status: 204, body: '' }),
  'a 203 without a status': () => ({ status: 203, body: {} }),
  'a 206 without a status': () => ({ status: 206, body: {} }),
  'a 304 that was not asked for': () => ({ status: 304, body: '' }),
  'a redirect to a login page': () => ({ status: 302, headers: { Location: '/login' }, body: '' }),
};

/** Ways to send one response that change nothing about what it says. */
const wordings: Readonly<Record<string, (told: Told, words: readonly string[]) => Told>> = {
  'as it is documented': (told) => told,
  'in another case, with spaces': (told, words) => ({
    ...told,
    body: words.reduce(
      (text, word) => text.replaceAll(`"${word}"`, `"  ${swapCase(word)}\\t"`),
      JSON.stringify(told.body),
    ),
  }),
  'among further keys': (told) => ({
    ...told,
    body: { percent: 100, warnings: [], next: null, ...(told.body as object) },
  }),
  'as text/plain': (told) => ({ ...told, headers: asText, body: JSON.stringify(told.body) }),
  'over many lines, behind a byte order mark': (told) => ({
    ...told,
    body: `\uFEFF\n${JSON.stringify(told.body, undefined, 2)}\n`,
  }),
  'under gzip': (told) => ({
    ...told,
    headers: { ...inJson, 'Content-Encoding': 'gzip' },
    body: gzipSync(JSON.stringify(told.body)),
  }),
  'in UTF-16': (told) => ({
    ...told,
    headers: { 'Content-Type': 'application/json; charset=utf-16le' },
    body: Buffer.from(JSON.stringify(told.body), 'utf16le'),
  }),
};

const swapCase = (word: string) =>
  word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase();

const worded = (pick: (service: Service) => Told) =>
  Object.fromEntries(
    Object.entries(wordings).map(([name, say]) => [
      name,
      (service: Service) => say(pick(service), service.words),
    ]),
  );

/** Bodies that prove failure. */
const failure: Bodies = {
  ...worded(({ failure }) => failure),
  'beside a flag of success': ({ failure }) => ({
    ...failure,
    body: { ...(failure.body as object), success: true, ok: true },
  }),
  'in a 201': ({ failure: { body } }) => ({ status: 201, body }),
  'in a 400': ({ failure: { body } }) => ({ status: 400, body }),
  'in a 422': ({ failure: { body } }) => ({ status: 422, body }),
  'in a 500': ({ failure: { body } }) => ({ status: 500, body }),
};

/** Bodies that prove success. */
const success: Bodies = {
  ...worded(({ success }) => success),
  'in a 201': ({ success: { body } }) => ({ status: 201, body }),
};

const both = (end: End): Expected => ({ first: end, later: end });
const bad = both('Error bad-response');
const still = both('Pending timed-out');
const failed = both('Failure job-failed');

const byHttpStatus = 'Any API that responds 202 with a Location';
const google = 'Google Cloud operations';
const snowflake = 'Snowflake SQL API';
const argo = 'Argo workflows';
const azureDevOps = 'Azure DevOps builds';
const jenkins = 'Jenkins builds';
const qualityGate = 'SonarQube analyses, step 2';
const builtIn = Object.keys(builtInServices);
const all = [...Object.keys(recipeServices), ...Object.keys(plainServices), ...builtIn];
const allBut = (...names: string[]) => [...all, strictStripe].filter((one) => !names.includes(one));
/** Where the query, or the provider, takes an object in place of a status for no status. */
const skipsObjects = [
  ...['Azure Resource Manager operations', google, byHttpStatus, snowflake, argo],
  ...[azureDevOps, jenkins],
  ...builtIn,
];

/** The last exception that names the service and the body counts. */
export const groups: Readonly<Record<'nothing' | 'failure' | 'success', Group>> = {
  nothing: {
    bodies: nothing,
    usual: { first: 'Error bad-response', later: 'Pending timed-out' },
    exceptions: [
      {
        why: 'a redirect is not followed, and the next one would not be either',
        services: allBut(),
        bodies: ['a redirect to a login page'],
        ...bad,
      },
      {
        why: 'a word that nobody has classified may mean anything, so the wait goes on',
        services: allBut(snowflake),
        bodies: ['a status that is the HTTP status', 'a status that is OK'],
        ...still,
      },
      {
        why: 'its word for a gate that is passed is OK',
        services: [qualityGate],
        bodies: ['a status that is OK'],
        ...both('Successful'),
      },
      {
        why: 'a word that nobody has classified fails the step, since the step says so',
        services: [strictDefault, strictStripe],
        bodies: ['a status that is the HTTP status', 'a status that is OK'],
        ...both('Error unknown-status'),
      },
      {
        why: 'the query finds an object, and would find one again',
        services: allBut(...skipsObjects),
        bodies: ['a status that is an empty object'],
        ...bad,
      },
      {
        why: 'the query finds a list inside a list',
        services: ['a list of jobs'],
        bodies: ['a status that is an empty list'],
        ...bad,
      },
      {
        why: 'the step lists 200, 201 and 204 as success whatever the body is, but for HTML and cut JSON',
        services: [byHttpStatus],
        bodies: [
          ...['an empty object', 'an empty list', 'null', 'an empty JSON text', 'zero', 'true'],
          ...['a word of success alone', 'no data', 'a status that is null'],
          ...['a status that is empty', 'a status of spaces', 'a status that is an empty object'],
          ...['a status that is an empty list', 'a key in another case'],
          ...['a key of another service', 'success at a key of another service'],
          ...['a success flag alone', 'a node that is null', 'JSON in a JSON text'],
          ...['a list without the job', 'a build without a result'],
          ...['the health of another service', 'an empty body', 'an empty body under gzip'],
          ...['a plain word of success', 'XML', 'a 204'],
        ],
        ...both('Successful'),
      },
      {
        why: 'its failure-query asks for errors',
        services: [byHttpStatus],
        bodies: ['an error in a 200', 'an ended session', 'errors of GraphQL'],
        ...failed,
      },
      {
        why: 'an operation that has ended badly has this field',
        services: [google],
        bodies: ['an error in a 200'],
        ...failed,
      },
      {
        why: 'an error in a 200 is about the question that the job itself is',
        services: ['Shopify bulk operations', 'safetychain'],
        bodies: ['errors of GraphQL'],
        ...failed,
      },
      {
        why: 'a job that is there but has not said how it stands has just begun, or just ended',
        services: [google, argo, azureDevOps, jenkins],
        bodies: [
          ...['a status that is null', 'a status that is empty'],
          ...['a status that is an empty object', 'a status that is an empty list'],
        ],
        first: 'Pending timed-out',
      },
      {
        why: 'a submission that has just arrived is not in the list yet',
        services: ['App Store Connect notarization'],
        bodies: ['no data'],
        first: 'Pending timed-out',
      },
      {
        why: 'the key is there but empty, which these providers do while a job begins; it is warned of',
        services: ['safetychain', 'os1', 'sei', 'unicommerce'],
        bodies: [
          ...['a status that is null', 'a status that is empty', 'a status of spaces'],
          ...['a status that is an empty object', 'a status that is an empty list'],
        ],
        first: 'Pending timed-out',
      },
      {
        why: 'the keys of built-in providers are found whatever their case',
        services: ['sei', 'unicommerce'],
        bodies: ['a key in another case'],
        first: 'Pending timed-out',
      },
      {
        why: 'that key is the one of these services',
        services: ['Salesforce Bulk API 2.0', 'Airflow DAG runs'],
        bodies: ['a key of another service'],
        first: 'Pending timed-out',
      },
      {
        why: 'a list of requests without this one: the id is not known',
        services: ['safetychain'],
        bodies: ['an empty list', 'no data'],
        ...both('Error not-found'),
      },
      {
        why: 'the envelope is there, and what it holds is still to come; it is warned of',
        services: ['os1'],
        bodies: ['a node that is null'],
        first: 'Pending timed-out',
      },
      {
        why: 'the list of inner requests is there, and what it holds is still to come; it is warned of',
        services: ['flolive'],
        bodies: ['a list without the job'],
        first: 'Pending timed-out',
      },
      {
        why: 'the documented envelope of an error',
        services: ['os1'],
        bodies: ['an error in a 200'],
        ...bad,
      },
    ],
  },
  failure: {
    bodies: failure,
    usual: failed,
    exceptions: [
      {
        why: 'there the HTTP status tells failure: 422',
        services: [snowflake],
        bodies: ['in a 201'],
        ...still,
      },
      {
        why: 'an error response without a status is about the request, as are all those of built-in providers',
        services: [snowflake, google, ...builtIn],
        bodies: ['in a 400'],
        ...both('Error rejected'),
      },
      {
        why: 'the same, and Snowflake lists 422',
        services: [google, ...builtIn],
        bodies: ['in a 422'],
        ...both('Error rejected'),
      },
      {
        why: 'the same, and a 500 may pass',
        services: [snowflake, google, ...builtIn],
        bodies: ['in a 500'],
        first: 'Error unreachable',
        later: 'Pending timed-out',
      },
    ],
  },
  success: {
    bodies: success,
    usual: both('Successful'),
    exceptions: [
      {
        why: 'there a 200 alone hands over the result',
        services: [snowflake],
        bodies: ['in a 201'],
        ...still,
      },
    ],
  },
};

/** What is expected of each body of a group at one service. */
export function expectedEnds(
  group: keyof typeof groups,
  service: string,
  when: keyof Expected,
): Record<string, End> {
  const { bodies, usual, exceptions } = groups[group];
  const ends = Object.keys(bodies).map((body) => {
    const named = exceptions.filter(
      (one) => one.services.includes(service) && one.bodies.includes(body),
    );
    return [body, named.map((one) => one[when]).findLast(Boolean) ?? usual[when]];
  });
  return Object.fromEntries(ends) as Record<string, End>;
}
