import { describe, expect, test } from '@jest/globals';
import { apiServer, running } from '../support/api-server.js';

/** Ids of jobs in the bodies of requests: they are escaped for what the body is, or refused. */
const server = apiServer();
const { run, asked, lines } = server;

const nasty = `a"b'c\\d<e>&f=g;h %41+ü`;
const as = (type: string) => ({ method: 'POST', headers: `Content-Type: ${type}` });

describe('an id of signs is sent as data', () => {
  /** The body in which the server receives it. */
  const send = async (type: string | undefined, template: string) => {
    const url = `${server.url()}/jobs`;
    const typed = type === undefined ? { method: 'POST' } : as(type);
    const result = await run({ url, 'request-id': nasty, body: template, ...typed });
    expect(result.exitCode).toBe(0);
    return asked[0]?.body ?? '';
  };

  test.each([
    [undefined],
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['Application/JSON'],
    ['application/vnd.api+json'],
    ['application/x-amz-json-1.1'],
    ['text/json'],
  ])('in JSON of the type %s', async (type) => {
    const body = await send(type, '{"query":"job {id}","ids":["{id}"]}');
    expect(JSON.parse(body)).toEqual({ query: `job ${nasty}`, ids: [nasty] });
  });

  test('in a form', async () => {
    const body = await send('application/x-www-form-urlencoded', 'id={id}&admin=false');
    expect([...new URLSearchParams(body)]).toEqual([
      ['id', nasty],
      ['admin', 'false'],
    ]);
  });

  test.each(['application/xml', 'text/xml; charset=utf-8', 'application/soap+xml'])(
    'in XML of the type %s',
    async (type) => {
      const body = await send(type, '<job id="{id}" other=\'{id}\'>{id}</job>');
      const escaped = 'a&#34;b&#39;c\\d&#60;e&#62;&#38;f=g;h %41+ü';
      expect(body).toBe(`<job id="${escaped}" other='${escaped}'>${escaped}</job>`);
    },
  );

  test('in a request to cancel the job', async () => {
    const result = await run(
      {
        'request-id': nasty,
        headers: 'Content-Type: application/xml',
        'cancel-url': '/cancel',
        'cancel-body': '<cancel>{id}</cancel>',
        timeout: '0.2s',
      },
      [running],
    );
    expect(result.outputs.reason).toBe('timed-out');
    expect(lines().at(-1)).toBe('POST /cancel');
    expect(asked.at(-1)?.body).toBe('<cancel>a&#34;b&#39;c\\d&#60;e&#62;&#38;f=g;h %41+ü</cancel>');
  });
});

describe('in a body of a type whose rules are not known', () => {
  const types = [
    'text/plain',
    'application/graphql',
    'multipart/form-data; boundary=x',
    'application/x-ndjson',
  ];
  const given = (type: string, id: string, name = 'body') => ({
    url: `${server.url()}/jobs`,
    'request-id': id,
    ...as(type),
    [name]: 'job {id}',
    ...(name === 'cancel-body' && { url: `${server.url()}/jobs/1`, 'cancel-url': '/cancel' }),
  });

  test.each([
    ...types.map((type) => [type, 'a"b'] as const),
    ...['a<b', 'a>b', 'a&b', "a'b", 'a`b', 'a\\b'].map((id) => ['text/plain', id] as const),
  ])('%s an id such as %s is refused before any request', async (type, id) => {
    const { exitCode, log, outputs } = await run(given(type, id));
    expect(exitCode).toBe(1);
    expect(outputs.reason).toBe('bad-input');
    expect(log).toContain('`body` has an id with a quote, a line break or one of < > &');
    expect(lines()).toEqual([]);
  });

  test('an id is refused in cancel-body too', async () => {
    const { log } = await run(given('text/plain', 'a"b', 'cancel-body'));
    expect(log).toContain('`cancel-body` has an id with a quote');
    expect(lines()).toEqual([]);
  });

  test.each(types)('%s an id of letters, digits and dashes is sent as it is', async (type) => {
    expect((await run(given(type, 'job-4711_x.y:z'))).exitCode).toBe(0);
    expect(asked[0]?.body).toBe('job job-4711_x.y:z');
  });
});
