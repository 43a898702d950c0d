import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { PermanentError, TransientError } from '../domain/errors.ts';

/** Most that a response may hold, decompressed. Status responses are a few kilobytes. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Reads the whole body as text.
 *
 * @throws PermanentError where it is over 10 MiB
 */
export async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (await decompress(message)) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new PermanentError('the response is larger than 10 MiB', 'bad-response');
    }
    chunks.push(chunk);
  }
  return UTF8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}

const UTF8 = new TextDecoder();

/**
 * Gives the body as it was before `Content-Encoding` was applied.
 *
 * @throws TransientError where the coding was not asked for and is not known here
 */
export async function decompress(message: IncomingMessage): Promise<Readable> {
  const codings = (message.headers['content-encoding'] ?? '').toLowerCase().split(',');
  let body: Readable = message;
  for (const coding of codings.reverse()) {
    const decoder = await createDecoder(coding.trim());
    // The pipeline hands an error of the message on to the decoder, where its reader meets it.
    if (decoder !== undefined) body = pipeline(body, decoder, () => undefined);
  }
  return body;
}

/** Loads `node:zlib` only where it is needed: few providers compress a response of one line. */
async function createDecoder(coding: string): Promise<Transform | undefined> {
  if (coding === '' || coding === 'identity') return undefined;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'compress':
    case 'dcb':
    case 'dcz':
    case 'zstd': {
      const text = `the response is compressed as ${coding}, which was not asked for`;
      throw new TransientError(text, 'bad-response');
    }
    default:
      // Some servers name something else there, such as `utf-8` or `aws-chunked`.
      return undefined;
  }
}
