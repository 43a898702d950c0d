import { expect, test } from '@jest/globals';
import { apiServer, type Given } from '../support/api-server.js';
import { fetchReport } from '../support/report-server.js';
import { BASE64_NEIGHBOURS, longestPart, SECRET_FORMS } from '../support/secret-forms.js';
import type { Run } from '../support/action.js';

/** A service that writes the token back in every form and every place: none of it is in what the step writes. */
const { run } = apiServer();

const token = `tok/en+1="a&b<c>d'e\\%41*(f)!~Q9`;
/** One job for each form. */
const FORMS: Readonly<Record<string, string>> = Object.fromEntries([
  ...Object.values(SECRET_FORMS).map((write, index) => [`form-${index}`, write(token)]),
  ...BASE64_NEIGHBOURS.map(([before, after], index) => [
    `pair-${index}`,
    Buffer.from(before + token + after).toString('base64'),
  ]),
]) as Record<string, string>;
const ids = Object.keys(FORMS);
const formOf = (line: string): string => FORMS[/(?:form|pair)-\d+/.exec(line)?.[0] ?? ''] ?? '';

/** All that the step has written, but the lines that tell the runner what to mask. */
const written = ({ log, stderr, outputs, summary, jobsFileText }: Run): string =>
  [log, stderr, summary, jobsFileText, ...Object.values(outputs)].join('\n');

/** Asserts that a text holds no form of the token, and no part of one. */
function expectNoForm(text: string): void {
  // Of Base64 the first and the last characters may stay, since they belong to neighbours too.
  const leaks = Object.entries(FORMS).flatMap(([id, form]) => {
    const part = longestPart(text, form, id.startsWith('pair') ? 14 : 12);
    return part === '' ? [] : [`${id}: ${part} of ${form}`];
  });
  expect(leaks).toEqual([]);
}

const once = { token, timeout: '0', 'request-id': ids.join('\n') };

test.each<[string, Record<string, string>, (form: string) => Given]>([
  ['the status', {}, (form) => ({ body: { status: `is ${form} now` } })],
  [
    'the message of a failed job',
    { 'message-query': 'why' },
    (form) => ({ body: { status: 'failed', why: `not ${form}, sorry` } }),
  ],
  [
    'an error that is text',
    {},
    (form) => ({ status: 400, headers: { 'Content-Type': 'text/plain' }, body: `no ${form}!` }),
  ],
  [
    'an error that is JSON',
    {},
    (form) => ({ status: 400, body: `{"error":{"message":"bad ${form}."}}` }),
  ],
  [
    'an error that is XML',
    {},
    (form) => ({
      status: 403,
      headers: { 'Content-Type': 'application/xml' },
      body: `<Error><Code>No</Code><Message>(${form})</Message></Error>`,
    }),
  ],
  [
    'the title of a page',
    {},
    (form) => ({
      headers: { 'Content-Type': 'text/html' },
      body: `<html><head><title>${form}</title>`,
    }),
  ],
  [
    'the type of a response',
    {},
    (form) => ({ headers: { 'Content-Type': `text/x; a=${form}` }, body: 'not JSON' }),
  ],
  [
    'a header that a query reads',
    { 'message-query': '$headers."x-why"' },
    (form) => ({ headers: { 'X-Why': form }, body: { status: 'failed' } }),
  ],
  [
    'the ids of a batch',
    { 'batch-id-query': 'batch' },
    (form) => ({ body: { status: 'done', batch: `b-${form}` } }),
  ],
  [
    'the link of a report',
    { 'file-path-query': 'link' },
    (form) => ({ body: { status: 'done', link: `https://a.example/${form}/b.csv?who=${form}` } }),
  ],
  ['a body without a status', {}, (form) => ({ body: { [form]: 1, other: form } })],
  ['a status that is an object', {}, (form) => ({ body: { status: { [form]: form } } })],
])('the token in %s is in nothing that the step writes', async (_, inputs, respond) => {
  const result = await run({ ...once, ...inputs }, ({ line }) => respond(formOf(line)));
  expectNoForm(written(result));
  expect(written(result)).toContain('***');
});

test.each(ids.filter((_, index) => index % 6 === 0))(
  'the token as %s in a body, JSON or not, and behind a key that hides it, is not in the output response',
  async (id) => {
    const form = FORMS[id] ?? '';
    const result = await run({ token, timeout: '0' }, [
      { body: `{"a":"${form}","a":"x","n":[{"b":"${form}"}],"status":"done"}` },
    ]);
    expectNoForm(written(result));
    expect(result.outputs.response).toMatch(/^\{"a":".{0,3}\*\*\*.{0,6}","a":"x","n":/);
  },
);

test('the token in the name of a report is neither in its outputs nor on the disk', async () => {
  const { saved, files, ...result } = await fetchReport(
    ({ url = '' }, response) => {
      const name = encodeURIComponent(`a ${formOf(url)} b.csv`).replace(
        /['()*]/g,
        (sign) => `%${sign.charCodeAt(0).toString(16)}`,
      );
      response.writeHead(200, { 'Content-Disposition': `attachment; filename*=UTF-8''${name}` });
      response.end('a,b\n');
    },
    {
      inputs: { token, 'request-id': ids.join('\n'), timeout: '20s' },
      links: ({ storage }, _, id) => `${storage}/${id}.csv`,
    },
  );
  expect(result.outputs.status).toBe('Successful');
  expect(files).toHaveLength(ids.length);
  expectNoForm([written(result), ...Object.keys(saved)].join('\n'));
  for (const name of Object.keys(saved)) expect(name).toMatch(/^a \w*___\S* b.*\.csv$/);
});

test.each([
  ['behind a character that nobody sees', 'Zk3-\u200bXw9-\u00adQv7\u{e0101}-Jp5'],
  ['behind characters that no file name may hold', 'Zk3-<Xw9>-"Qv7|-Jp5'],
  ['with a path before it', 'Xw9/Zk3-Xw9-Qv7-Jp5'],
  ['behind dots and blanks', '. -.Zk3-Xw9-Qv7-Jp5'],
  ['in decomposed letters', 'Zk3-Xw9-Qv7-Jp5-é'.normalize('NFD')],
])('the token %s gives no name to a report', async (_, name) => {
  const secret = name.includes('e\u0301') ? 'Zk3-Xw9-Qv7-Jp5-é' : 'Zk3-Xw9-Qv7-Jp5';
  const { saved, ...result } = await fetchReport(
    (_request, response) => {
      response.writeHead(200, {
        'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(`${name}.csv`)}`,
      });
      response.end('a,b\n');
    },
    { inputs: { token: '', username: 'u', password: secret } },
  );
  expect(result.exitCode).toBe(0);
  expect(Object.keys(saved)).toHaveLength(1);
  expect([written(result), ...Object.keys(saved)].join('\n')).not.toContain(secret);
});

test('the token in the path of a link gives no name to a report', async () => {
  const { saved, ...result } = await fetchReport(
    (_, response) => response.writeHead(200).end('a,b\n'),
    {
      inputs: { token, 'request-id': ids.join('\n'), timeout: '20s' },
      links: ({ storage }, _, id) => `${storage}/${encodeURIComponent(`${FORMS[id]}.csv`)}`,
    },
  );
  expect(result.outputs.status).toBe('Successful');
  expectNoForm([written(result), ...Object.keys(saved)].join('\n'));
});

test.each([
  ['a status', 'providerStatus', (text: string) => ({ body: { status: text } }), 1024],
  ['a message', 'message', (text: string) => ({ body: { status: 'failed', why: text } }), 16_384],
  ['a batch id', 'batchId', (text: string) => ({ body: { status: 'done', id: text } }), 16_384],
  ['a link', 'filePath', (text: string) => ({ body: { status: 'done', link: text } }), 16_384],
] as const)('the token where %s is cut leaves no part of itself', async (_, name, body, limit) => {
  const places = [500, 4000, 8192, 1024, limit].flatMap((cut) =>
    [5, 15, 25, 31].map((inside) => cut - inside),
  );
  const result = await run(
    {
      ...once,
      'request-id': places.map((place) => `at-${place}`).join('\n'),
      'message-query': 'why',
      'batch-id-query': 'id',
      'file-path-query': 'link',
    },
    ({ line }) => body(`${'.'.repeat(Number(/\d+$/.exec(line)?.[0]))}${token} end`),
  );
  expect(result.outputs[name]).toContain('.....');
  expect(longestPart(written(result), token, 4)).toBe('');
});

test('the token where the link of a report is quoted in an error leaves no part of itself', async () => {
  const result = await run({ token, 'file-path-query': 'link', 'download-path': 'reports/' }, [
    { body: { status: 'done', link: `/${'x'.repeat(480)}${token} https://b.example/` } },
  ]);
  expect(result.outputs.reason).toBe('download-failed');
  expect(longestPart(written(result), token, 4)).toBe('');
});

test('the token twice in a status leaves no part of itself', async () => {
  const long = 'Zk3-Xw9-'.repeat(7);
  const result = await run({ token: long, timeout: '1s' }, [
    { body: { status: `${long} ${long}` } },
    { body: { status: 'done' } },
  ]);
  expect(longestPart(written(result), long, 6)).toBe('');
});

test('the token in a key of a body whose shape is shown leaves no part of itself', async () => {
  const result = await run({ token, timeout: '0' }, [
    { body: { [`${'x'.repeat(45)}${token}`]: 1 } },
  ]);
  expect(result.log).toMatch(/The response is \{.*: number\}/);
  expect(longestPart(written(result), token, 4)).toBe('');
});

test('the query of a link is left out of what the service says, and a page number is not', async () => {
  const { log, summary, outputs } = await run(
    { 'file-path-query': 'link', 'message-query': 'why', 'download-path': 'reports/' },
    [
      {
        body: {
          status: 'done',
          link: 'not-a-link?sig=Zk3Xw9Qv&page=1',
          why: 'page 1 of 12 was signed with Zk3Xw9Qv',
        },
      },
    ],
  );
  expect(outputs.filePath).toBe('not-a-link?sig=Zk3Xw9Qv&page=1');
  expect(outputs.message).toContain('page 1 of 12 was signed with …');
  expect(log + summary).not.toContain('Zk3Xw9Qv');
  expect(log).toContain('page 1 of 12');
});
