import * as zlib from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { TransientError } from '../../../src/domain/errors.js';
import { unpack } from '../../../src/download/unpack.js';

const text = Buffer.from('order,amount\n1001,250\n');

async function* chunks(data: Buffer, size = data.length) {
  for (let at = 0; at < data.length; at += size) {
    yield await Promise.resolve(data.subarray(at, at + size));
  }
}

async function unpacked(data: Buffer, codings: string[], size?: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of unpack(chunks(data, size), codings)) parts.push(part);
  return Buffer.concat(parts);
}

test.each([
  ['gzip', zlib.gzipSync(text)],
  ['x-gzip', zlib.gzipSync(text)],
  ['br', zlib.brotliCompressSync(text)],
  ['deflate', zlib.deflateSync(text)],
  ['deflate', zlib.deflateRawSync(text)],
  ['utf-8', text],
  ['iso-8859-1', text],
  ['text/csv', text],
  ['aws-chunked', text],
  ['none', text],
  // Node.js 20 does not have it.
  ...('zstdCompressSync' in zlib ? [['zstd', zlib.zstdCompressSync(text)] as const] : []),
])('%s is unpacked, also byte by byte', async (coding, packed) => {
  expect(await unpacked(packed, [coding])).toEqual(text);
  expect(await unpacked(packed, [coding], 1)).toEqual(text);
});

test('several codings are taken off from the last to the first', async () => {
  const packed = zlib.brotliCompressSync(zlib.gzipSync(text));
  expect(await unpacked(packed, ['gzip', 'br'])).toEqual(text);
  expect(await unpacked(text, [])).toEqual(text);
});

test.each([0, 1])('deflate of %i bytes ends, and is no report', async (bytes) => {
  const packed = zlib.deflateSync(text).subarray(0, bytes);
  const ending = unpacked(packed, ['deflate']).catch((error: unknown) => error);
  expect(await ending).not.toHaveProperty('length', text.length);
});

test('several members of one gzip file are all unpacked', async () => {
  const packed = Buffer.concat([zlib.gzipSync(text), zlib.gzipSync(text)]);
  expect(await unpacked(packed, ['gzip'])).toEqual(Buffer.concat([text, text]));
});

describe('what cannot be unpacked ends at once with the name of its coding', () => {
  test.each(['gzip', 'x-gzip', 'br', 'deflate', 'zstd'])('%s by name alone', async (coding) => {
    const failing = unpacked(text, [coding]);
    await expect(failing).rejects.toThrow(new RegExp(`compressed as ${coding}, .*cannot be`));
    await expect(unpacked(text, [coding])).rejects.toMatchObject({ reason: 'download-failed' });
  });

  test.each(['compress', 'lz4', 'sdch', 'dcb', 'dcz', 'base64', 'constructor', 'x'.repeat(50)])(
    '%s, which nobody knows',
    async (coding) => {
      await expect(unpacked(text, [coding])).rejects.toMatchObject({ reason: 'download-failed' });
      await expect(unpacked(text, ['gzip', coding])).rejects.toThrow(coding);
    },
  );
});

test.each(['binary', 'null', 'application/gzip', 'windows-1252'])(
  '%s is no compression, alone or beside one',
  async (coding) => {
    expect(await unpacked(text, [coding])).toEqual(text);
    expect(await unpacked(zlib.gzipSync(text), ['gzip', coding])).toEqual(text);
  },
);

describe('what cannot be unpacked says so:', () => {
  test.each([
    [['lz4'], 'the report is said to be compressed as lz4, which cannot be unpacked'],
    [['gzip', 'lz4'], 'the report is said to be compressed as lz4, which cannot be unpacked'],
    [['gzip'], /^the report is said to be compressed as gzip, and cannot be unpacked: ./],
    [['br', 'gzip'], /^the report is said to be compressed as br, gzip, and cannot be unpacked: ./],
    [
      ['br', 'br', 'br'],
      /^the report is said to be compressed as br, br, br, and cannot be unpacked/,
    ],
  ])('%j', async (codings, message) => {
    await expect(unpacked(text, codings)).rejects.toThrow(message);
    await expect(unpacked(text, codings)).rejects.toMatchObject({ reason: 'download-failed' });
  });
});

test('an error behind the beginning may be one of the transfer', async () => {
  const rows = Buffer.from(Array.from({ length: 50_000 }, (_, row) => `${row}\n`).join(''));
  const packed = zlib.gzipSync(rows);
  packed.fill(0xff, 50_000, 51_000);
  await expect(unpacked(packed, ['gzip'], 1000)).rejects.not.toHaveProperty('reason');
});

test('an error of the body is not one of its coding', async () => {
  const reset = new TransientError('reset', 'unreachable');
  const failing = async function* () {
    yield await Promise.resolve(Buffer.from(''));
    throw reset;
  };
  const all = (async () => {
    for await (const _ of unpack(failing(), ['gzip'])) expect(_).toHaveLength(0);
  })();
  await expect(all).rejects.toBe(reset);
});

test.each(['gzip', 'deflate', 'br'])('%s that is cut may be fetched again', async (coding) => {
  const large = Buffer.from(Array.from({ length: 5000 }, (_, row) => `${row}\n`).join(''));
  const pack = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync };
  const packed = pack[coding as keyof typeof pack](large);
  const error: unknown = await unpacked(packed.subarray(0, -20), [coding]).catch(
    (one: unknown) => one,
  );
  expect(error).toHaveProperty('message');
  expect(error).not.toHaveProperty('reason', 'download-failed');
});

test('more than a thousand times its size is no report', async () => {
  const packed = zlib.brotliCompressSync(Buffer.alloc(80_000_000), {
    params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 },
  });
  await expect(unpacked(packed, ['br'])).rejects.toThrow(/unpacks \(br\) to over 1000 times/);
  const small = zlib.gzipSync(Buffer.alloc(10_000_000));
  expect((await unpacked(small, ['gzip'])).length).toBe(10_000_000);
});
