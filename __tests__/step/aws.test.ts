import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/action.js';
import { apiServer, done, running, type Asked, type Given } from '../support/api-server.js';
import {
  awsEnvironment,
  awsSecrets,
  signatureProblem,
  signedAtMs,
} from '../support/aws-signature.js';
import { listen } from '../support/system.js';

/** Requests that are signed for AWS, at a server that computes each signature anew. */
const api = apiServer();
const { asked, lines } = api;

const scope = { region: 'eu-west-1', service: 'codebuild' };

/** Runs the step with credentials in its environment, at a server that refuses what is not signed. */
function run(
  inputs: Readonly<Record<string, string>>,
  respond: (request: Asked, number: number) => Given = () => done,
  env: Readonly<Record<string, string>> = awsEnvironment,
) {
  const signed = { 'aws-region': scope.region, 'aws-service': scope.service, ...inputs };
  const check = (request: Asked, number: number): Given => {
    const problem = signatureProblem(request, scope);
    if (problem === '') return respond(request, number);
    // As AWS does, which shows what it has compared.
    const __type = 'InvalidSignatureException';
    return { status: 403, body: { __type, message: `The signature does not match: ${problem}` } };
  };
  return api.run(signed, check, { env, secrets: awsSecrets });
}

const post = {
  method: 'POST',
  headers:
    'Content-Type: application/x-amz-json-1.1\nX-Amz-Target: CodeBuild_20161006.BatchGetBuilds',
  body: '{"ids": ["{id}"]}',
  'request-id': 'project:7f1c “ü”',
};

test('each poll is signed anew over its method, URL, headers and body', async () => {
  const inputs = { ...post, url: `${api.url()}/a%20path/[1]?b=2&a=c d&flag`, interval: '1.1s' };
  const { exitCode, log } = await run(inputs, (_, number) => (number === 1 ? running : done));
  expect([exitCode, log]).toEqual([0, expect.stringContaining('Successful')]);
  expect(asked).toHaveLength(2);
  expect(asked[0]?.body).toBe('{"ids": ["project:7f1c “ü”"]}');
  expect(asked[0]?.headers['x-amz-target']).toBe('CodeBuild_20161006.BatchGetBuilds');
  const times = asked.map(signedAtMs);
  expect(times[1]).toBeGreaterThan(times[0] ?? Infinity);
  for (const time of times) expect(Math.abs(Date.now() - time)).toBeLessThan(30_000);
});

test('a request that is signed with another key is refused', async () => {
  const other = { ...awsEnvironment, AWS_SECRET_ACCESS_KEY: 'another-key-than-the-server-has' };
  const { outputs } = await run({}, () => done, other);
  expect(outputs.reason).toBe('rejected');
  expect(outputs.message).toContain('The signature does not match');
});

test('the session token is sent as a header, and none without one', async () => {
  await run({});
  expect(asked[0]?.headers['x-amz-security-token']).toBe(awsEnvironment.AWS_SESSION_TOKEN);
  const { exitCode } = await run({}, undefined, { ...awsEnvironment, AWS_SESSION_TOKEN: '' });
  expect(exitCode).toBe(0);
  expect(asked[0]?.headers).not.toHaveProperty('x-amz-security-token');
});

test('the request that cancels a job is signed', async () => {
  const { log } = await run(
    {
      ...post,
      'cancel-url': `${api.url()}/stop?id={id}`,
      'cancel-body': '{"id": "{id}"}',
      timeout: '0.1s',
    },
    ({ line }) => (line.includes('/stop') ? { body: {} } : running),
  );
  expect(log).toContain('the provider was asked to cancel the job: HTTP 200');
});

test('a conditional poll is signed with its tag', async () => {
  const { exitCode } = await run({}, ({ headers }, number) =>
    number === 2
      ? { status: headers['if-none-match'] === '"1"' ? 304 : 400 }
      : { headers: { ETag: '"1"' }, ...(number === 1 ? running : done) },
  );
  expect(exitCode).toBe(0);
  expect(asked).toHaveLength(3);
});

const report = { 'file-path-query': 'link', 'download-path': 'report.csv' };

test.each([
  ['a report on the same host is signed', {}, '/report.csv', true],
  [
    'a report is signed with the one Accept that is sent, in whatever case it was given',
    { headers: 'accept: application/json', 'report-headers': 'ACCEPT: text/csv' },
    '/report.csv',
    true,
  ],
  [
    'a report behind a link that is signed is fetched by that alone',
    {},
    '/report.csv?X-Amz-Signature=1',
    false,
  ],
])('%s', async (_, inputs, link, isSigned) => {
  const seen: Asked[] = [];
  const { exitCode } = await api.run(
    { ...report, ...inputs, 'aws-region': scope.region, 'aws-service': scope.service },
    (request) => {
      seen.push(request);
      if (request.line.includes('/jobs/')) return { body: { status: 'done', link } };
      return { headers: { 'Content-Type': 'text/csv' }, body: 'a,b\n' };
    },
    { env: awsEnvironment, secrets: awsSecrets },
  );
  expect(exitCode).toBe(0);
  expect(seen).toHaveLength(2);
  if (isSigned) expect(seen.map((request) => signatureProblem(request, scope))).toEqual(['', '']);
  else expect(seen[1]?.headers).not.toHaveProperty('authorization');
});

test('a report on another host is not signed, and gets no token', async () => {
  const seen: string[] = [];
  const other = createServer((request, response) => {
    seen.push(...Object.keys(request.headers));
    response.writeHead(200, { 'Content-Type': 'text/csv' }).end('a,b\n');
  });
  const link = `http://127.0.0.1:${await listen(other)}/report.csv`;
  const { exitCode } = await run(report, () => ({ body: { status: 'done', link } }));
  other.close();
  expect(exitCode).toBe(0);
  expect(seen).toContain('accept');
  expect(seen.filter((name) => /authorization|x-amz/.test(name))).toEqual([]);
});

test.each([
  ['ExpiredTokenException', 400, 'The security token included in the request is expired'],
  ['ExpiredTokenException', 403, 'The security token included in the request is expired'],
  ['InvalidSignatureException', 400, 'Signature expired: 20261125T100000Z is now earlier'],
  ['UnrecognizedClientException', 403, 'The security token included in the request is invalid.'],
  ['AccessDeniedException', 400, 'You may not call codebuild:BatchGetBuilds'],
])('%s in HTTP %d ends the wait as rejected, with its message', async (__type, status, message) => {
  const { exitCode, outputs } = await run({}, () => ({ status, body: { __type, message } }));
  expect(exitCode).toBe(1);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'rejected' });
  expect(outputs.message).toContain(message);
  expect(lines()).toHaveLength(1);
});

test('what AWS throttles is polled again', async () => {
  const body = {
    __type: 'com.amazon.coral.availability#ThrottlingException',
    message: 'Rate exceeded',
  };
  const { exitCode, log } = await run({}, (_, number) =>
    number < 3 ? { status: 400, body } : done,
  );
  expect(exitCode).toBe(0);
  expect(log).toContain('Rate exceeded');
});

test('what AWS does not find may be too new, and is not found in the end', async () => {
  const unknown = { __type: 'ExecutionDoesNotExist', message: 'Execution Does Not Exist: a' };
  const given = { status: 400, body: unknown };
  const found = await run({}, (_, number) => (number === 1 ? given : done));
  expect(found.exitCode).toBe(0);
  const { outputs } = await run({}, () => given);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'not-found' });
  expect(outputs.message).toContain('Execution Does Not Exist: a');
});

test('no secret is shown, also when the service repeats what it has compared', async () => {
  const { outputs, log } = await api.run(
    { 'aws-region': scope.region, 'aws-service': scope.service },
    ({ headers }) => ({
      status: 403,
      body: { message: `x-amz-security-token:${String(headers['x-amz-security-token'])}` },
    }),
    { env: { ...awsEnvironment, RUNNER_DEBUG: '1' }, secrets: awsSecrets },
  );
  expect(outputs.message).toContain('x-amz-security-token:***');
  expect(log).toContain('***');
});

test('without credentials nothing is sent, and the message says where they come from', async () => {
  const { exitCode, outputs, log } = await run({}, () => done, {});
  expect(exitCode).toBe(1);
  expect(outputs.reason).toBe('bad-input');
  expect(log).toContain('run aws-actions/configure-aws-credentials in a step before this one');
  expect(lines()).toEqual([]);
});

const page = await readFile(join(root, 'docs/recipes/aws.md'), 'utf8');
const folder = join(root, 'simulator/services');

/** What a service of the simulator expects, and what it responds to a job that has succeeded. */
interface Service {
  readonly recipe: string;
  readonly request: string;
  readonly sent: string;
  readonly id?: string;
  readonly success: number;
  readonly statuses: readonly { readonly reply: Given }[];
}

const services = await Promise.all(
  (await readdir(folder))
    .filter((file) => file.startsWith('aws-'))
    .map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Service),
);

test.each(services)('the recipe “$recipe” is signed for its service', async (service) => {
  const section = page.split(`\n## ${service.recipe}\n`)[1] ?? '';
  const [yaml = ''] = /(?<=```yaml\n)[\s\S]*?(?=```)/.exec(section) ?? [];
  const [step] = parse(yaml) as { with: Record<string, string> }[];
  const { 'aws-region': region = '', 'aws-service': name = '', ...inputs } = step?.with ?? {};
  const id = (service.id ?? 'KEY').replace('KEY', 'case-1');
  const { exitCode } = await api.run(
    {
      ...inputs,
      'aws-region': region,
      'aws-service': name,
      url: `${api.url()}/`,
      'request-id': id,
    },
    () => service.statuses[service.success]?.reply ?? {},
    { env: awsEnvironment, secrets: awsSecrets },
  );
  expect(exitCode).toBe(0);
  expect(inputs.url).toBe(`https://${name}.${region}.amazonaws.com/`);
  expect(asked.map(({ line, body }) => [line, body])).toEqual([
    [service.request, service.sent.replace('KEY', 'case-1')],
  ]);
  expect(asked.map((request) => signatureProblem(request, { region, service: name }))).toEqual([
    '',
  ]);
});
