import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { PermanentFault, TransientFault } from '../domain/errors.ts';

/** Most that an answer may hold, unpacked. Status answers are a few kilobytes. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Gives the whole body as text.
 *
 * @throws PermanentFault where it is over 10 MiB
 */
export async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (await unpacked(message)) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new PermanentFault('the answer is larger than 10 MiB', 'bad-answer');
    }
    chunks.push(chunk);
  }
  return UTF8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}

const UTF8 = new TextDecoder();

/**
 * Gives the body as it was before it was packed for the way (`Content-Encoding`).
 *
 * @throws TransientFault where it was packed in a way that was not asked for and is not known here
 */
export async function unpacked(message: IncomingMessage): Promise<Readable> {
  const codings = (message.headers['content-encoding'] ?? '').toLowerCase().split(',');
  let body: Readable = message;
  for (const coding of codings.reverse()) {
    const decoder = await decoderOf(coding.trim());
    // The pipeline hands an error of the message on to the decoder, where the loop meets it.
    if (decoder !== undefined) body = pipeline(body, decoder, () => undefined);
  }
  return body;
}

/** Loaded only where it is wanted: few vendors pack an answer of a line. */
async function decoderOf(coding: string): Promise<Transform | undefined> {
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
      const text = `the answer is packed as ${coding}, which was not asked for`;
      throw new TransientFault(text, 'bad-answer');
    }
    default:
      // Some servers name there what is no way of packing, such as `utf-8` or `aws-chunked`.
      return undefined;
  }
}

/**
 * How long the vendor asks to be left alone, in milliseconds from `nowMs`: `Retry-After` in seconds
 * or as a date, see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(
  { headers }: Pick<IncomingMessage, 'headers'>,
  nowMs: number,
): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const ms = /^[a-z]{3}.*\d\d:\d\d:\d\d/i.test(value) ? Date.parse(value) - nowMs : NaN;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
