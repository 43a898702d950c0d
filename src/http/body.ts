import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { pipeline, Readable, type Transform } from 'node:stream';
import pLimit from 'p-limit';
import { PermanentError, TransientError } from '../domain/errors.ts';

/** Most that a response may hold, compressed or not. Status responses are a few kilobytes. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Bodies over this size are read one at a time, so that those of many jobs need not fit into memory together. */
const LARGE_BODY_BYTES = 512 * 1024;

const oneAtATime = pLimit(1);

/**
 * Reads the whole body as text, in the charset that its `Content-Type` names.
 *
 * @throws PermanentError where it is over 10 MiB
 */
export async function readText(message: IncomingMessage): Promise<string> {
  const raw = await collect(message);
  // An empty body is empty however it claims to be compressed: gzip of nothing would be an error.
  if (raw.length === 0) return '';
  const codings = codingsOf(message);
  const body =
    codings.length === 0 ? raw : await collect(await decode(Readable.from([raw]), codings));
  return decodeText(body, message.headers['content-type']);
}

async function collect(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = body[Symbol.asyncIterator]();
  /** Reads until a size is passed; says whether that was so before the end. */
  const readUpTo = async (maxBytes: number): Promise<boolean> => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      bytes += next.value.length;
      chunks.push(next.value);
      if (bytes > maxBytes) return true;
    }
    return false;
  };
  const isTooLarge =
    (await readUpTo(LARGE_BODY_BYTES)) && (await oneAtATime(() => readUpTo(MAX_BODY_BYTES)));
  if (isTooLarge) {
    await iterator.return?.();
    throw new PermanentError('the response is larger than 10 MiB', 'bad-response');
  }
  const [first] = chunks;
  return chunks.length === 1 && first ? first : Buffer.concat(chunks);
}

/** The charset of `Content-Type`, unless a byte order mark says UTF-16; UTF-8 where neither is known. */
function decodeText(body: Buffer, contentType = ''): string {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  const mark = body.subarray(0, 2).toString('hex');
  const label = mark === 'feff' ? 'utf-16be' : mark === 'fffe' ? 'utf-16le' : charset;
  try {
    return new TextDecoder(label).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

/** The codings of `Content-Encoding`, in the order in which they were applied. */
export const codingsOf = ({ headers }: { readonly headers: IncomingHttpHeaders }): string[] =>
  (headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');

/**
 * Gives a body as it was before the codings were applied. Each can make a thousand times as much of it, and no
 * honest server applies more than two.
 *
 * @throws TransientError where a coding was not asked for and cannot be undone here
 */
export async function decode(
  body: AsyncIterable<Buffer>,
  codings: readonly string[],
): Promise<AsyncIterable<Buffer>> {
  // Some servers name something else there, such as `utf-8` or `aws-chunked`.
  const known = codings.filter((coding) => CODINGS.includes(coding));
  if (known.length > MAX_CODINGS) throw notDecodable(`${known.slice(0, 3).join(', ')}, …`);
  let decoded = body;
  for (const coding of known.toReversed()) {
    const source = Readable.from(decoded, { objectMode: false });
    const decoder = await createDecoder(coding, source);
    // The pipeline hands an error of the source on to the decoder, where its reader meets it.
    decoded = pipeline(source, decoder, () => undefined);
  }
  return decoded;
}

/** Loads `node:zlib` only where it is needed: few providers compress a response of one line. */
async function createDecoder(coding: string, body: Readable): Promise<Transform> {
  const zlib = await import('node:zlib');
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      // Some servers send the bare stream, without the header that RFC 9110 asks for.
      return (await hasZlibHeader(body)) ? zlib.createInflate() : zlib.createInflateRaw();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      // Node.js 20 does not have it.
      if ('createZstdDecompress' in zlib) return zlib.createZstdDecompress();
      throw notDecodable(coding);
    default:
      throw notDecodable(coding);
  }
}

const MAX_CODINGS = 2;

/** See https://www.iana.org/assignments/http-parameters#content-coding */
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'x-compress', 'dcb', 'dcz'];

const notDecodable = (coding: string): TransientError => {
  const text = `the response is compressed as ${coding}, which was not asked for`;
  return new TransientError(text, 'bad-response');
};

/** See https://www.rfc-editor.org/rfc/rfc1950#section-2.2 */
async function hasZlibHeader(body: Readable): Promise<boolean> {
  let start = body.read(2) as Buffer | null;
  // Two bytes, or what is left at the end; the first chunk may hold but one.
  while (start === null && !body.readableEnded) {
    await Promise.race([once(body, 'readable'), once(body, 'end')]);
    start = body.read(2) as Buffer | null;
  }
  if (start === null) return true;
  body.unshift(start);
  const [first = 0, second = 0] = start;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
