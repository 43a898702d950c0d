import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { apiServer, type Given } from '../../support/api-server.js';

const { run, asked } = apiServer();

const json = JSON.stringify({ status: 'done', note: 'käse ✓' });
const note = { 'message-query': 'note', timeout: '0' };
const packed = (coding: string, body: Buffer): Given => ({
  headers: { 'Content-Encoding': coding },
  body,
});

test('compressed responses are asked for', async () => {
  const { exitCode } = await run({ timeout: '0' });
  expect(exitCode).toBe(0);
  expect(asked[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
});

test.each<[string, Given]>([
  ['gzip', packed('gzip', gzipSync(json))],
  ['deflate', packed('deflate', deflateSync(json))],
  ['deflate without its header', packed('deflate', deflateRawSync(json))],
  ['br', packed('br', brotliCompressSync(json))],
  ['deflate, then gzip', packed('deflate, gzip', gzipSync(deflateRawSync(json)))],
])('a response in %s is read', async (_, response) => {
  const { exitCode, outputs } = await run(note, [response]);
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({ status: 'Successful', message: 'käse ✓' });
  expect(asked).toHaveLength(1);
});

describe('an empty body', () => {
  test.each(['gzip', 'deflate', 'br'])('that claims to be %s is an empty body', async (coding) => {
    const empty = packed(coding, Buffer.alloc(0));
    const { exitCode, log } = await run({ 'success-http-statuses': '200' }, [
      { ...empty, status: 202 },
      empty,
    ]);
    expect(exitCode).toBe(0);
    expect(log).not.toContain('decompressed');
    expect(asked).toHaveLength(2);
  });

  test('that claims to be gzip is no success by itself', async () => {
    const { exitCode, outputs } = await run({ timeout: '0' }, [packed('gzip', Buffer.alloc(0))]);
    expect(exitCode).toBe(1);
    expect(outputs.message).toContain('the body is empty');
    expect(asked).toHaveLength(4);
  });
});

test.each<[string, string, Buffer]>([
  [
    'Latin-1',
    'application/json; charset=ISO-8859-1',
    Buffer.from('{"status":"done","note":"käse"}', 'latin1'),
  ],
  [
    'UTF-16',
    'application/json; charset=utf-16',
    Buffer.from('\ufeff{"status":"done","note":"käse"}', 'utf16le'),
  ],
  [
    'UTF-16 without a mark',
    'application/json; charset="utf-16le"',
    Buffer.from('{"status":"done","note":"käse"}', 'utf16le'),
  ],
  [
    'UTF-16 that is not named',
    'application/json',
    Buffer.from('\ufeff{"status":"done","note":"käse"}', 'utf16le'),
  ],
  [
    'UTF-16, big end first',
    'application/json',
    Buffer.from('\ufeff{"status":"done","note":"käse"}', 'utf16le').swap16(),
  ],
  ['UTF-8 with a mark', 'application/json', Buffer.from('\ufeff{"status":"done","note":"käse"}')],
  [
    'a charset that nobody knows',
    'application/json; charset=klingon',
    Buffer.from('{"status":"done","note":"käse"}'),
  ],
])('a response in %s is read', async (_, type, body) => {
  const { exitCode, outputs } = await run(note, [{ headers: { 'Content-Type': type }, body }]);
  expect(exitCode).toBe(0);
  expect(outputs.message).toBe('käse');
  expect(asked).toHaveLength(1);
});

test('headers of 60 kB are accepted', async () => {
  const headers = Object.fromEntries(
    Array.from({ length: 15 }, (_, index) => [`X-Policy-${index}`, 'x'.repeat(4000)]),
  );
  const { exitCode } = await run({ timeout: '0' }, [{ headers, body: { status: 'done' } }]);
  expect(exitCode).toBe(0);
  expect(asked).toHaveLength(1);
});
