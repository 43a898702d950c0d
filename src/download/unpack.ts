import { TransientError } from '../domain/errors.ts';
import { decode } from '../http/body.ts';
import { downloadFailed } from './link.ts';

/** What unpacks to more than this many times its size is no report. */
const MAX_RATIO = 1000;
/** Small bodies may have a larger ratio. */
const FREE_BYTES = 64 * 1024;

/** What can be unpacked; zstd not by every Node.js. */
const DECODABLE = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** Some servers name there what is no compression: a charset, a content type, how a body was uploaded. */
function isNoCoding(coding: string): boolean {
  if (coding.includes('/') || ['aws-chunked', 'binary', 'none', 'null'].includes(coding))
    return true;
  try {
    return new TextDecoder(coding).encoding !== '';
  } catch {
    return false;
  }
}

/** The body as it was before it was compressed; an error names the coding. */
export async function* unpack(
  body: AsyncIterable<Buffer>,
  codings: readonly string[],
): AsyncGenerator<Buffer, void, undefined> {
  let [packed, unpacked] = [0, 0];
  const counted = async function* () {
    for await (const chunk of body) {
      packed += chunk.length;
      yield chunk;
    }
  };
  const name = codings.join(', ');
  const unknown = codings.find((coding) => !DECODABLE.includes(coding) && !isNoCoding(coding));
  if (unknown !== undefined) {
    throw downloadFailed(
      `the report is said to be compressed as ${unknown}, which cannot be unpacked`,
    );
  }
  try {
    for await (const chunk of await decode(counted(), codings)) {
      unpacked += chunk.length;
      if (unpacked > MAX_RATIO * (packed + FREE_BYTES)) {
        throw downloadFailed(`the report unpacks (${name}) to over ${MAX_RATIO} times its size`);
      }
      yield chunk;
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const isWrongCoding = /^(Z_DATA|ERR_+(BROTLI|ERROR)|ZSTD)/.test(code) && unpacked === 0;
    const isUnknown = error instanceof TransientError && message.includes('is compressed as');
    if (!isWrongCoding && !isUnknown) throw error;
    throw downloadFailed(
      `the report is said to be compressed as ${name}, and cannot be unpacked: ${message}`,
    );
  }
}
