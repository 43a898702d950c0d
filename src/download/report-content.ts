import { extname } from 'node:path';
import { isHtmlType, skipProlog, startsAsHtml } from '../http/html.ts';
import { findXmlError } from '../http/xml-error.ts';

/** So much of the beginning of a body is looked at. */
export const START_BYTES = 64 * 1024;

/** Extensions of reports that are HTML, or a table in HTML that a spreadsheet opens. */
const HTML_EXTENSIONS = ['.html', '.htm', '.xhtml', '.mhtml', '.mht', '.xls'];

/** What is known of a report before its content is looked at. */
export interface Expectation {
  /** The name that the server, the link or `download-path` gives it. */
  readonly name: string;
  readonly contentType: string;
}

/**
 * Why the beginning of a body is not the report that was expected: an HTML page such as a login page, or
 * the error document of an object store. Undefined where it may be the report.
 *
 * @param start the first bytes of the body, at most 64 KiB
 */
export function findUnexpectedStart(
  start: Buffer,
  expectation: Expectation,
): { readonly isHtml: true } | { readonly isHtml: false; readonly error: string } | undefined {
  const text = skipProlog(decodeStart(start));
  const error = findXmlError(text);
  if (error !== '') return { isHtml: false, error };
  const extension = extname(expectation.name).toLowerCase();
  const isMarkup =
    isHtmlType(expectation.contentType) && text.startsWith('<') && extension !== '.xml';
  if (!(startsAsHtml(text) || isMarkup) || HTML_EXTENSIONS.includes(extension)) return undefined;
  return { isHtml: true };
}

/**
 * The message of a whole body that is a JSON error, where the name or the content type promised something
 * else; undefined where it may be the report.
 */
export function findJsonError(
  body: Buffer,
  { name, contentType }: Expectation,
): string | undefined {
  const extension = extname(name).toLowerCase();
  const mayBeJson =
    extension === '' ? MAY_BE_JSON.test(contentType) : JSON_EXTENSION.test(extension);
  const text = decodeStart(body).trim();
  if (mayBeJson || !text.startsWith('{')) return undefined;
  try {
    const json = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const key = Object.keys(json).find((one) => ERROR_KEYS.includes(one.toLowerCase()));
    return key === undefined ? undefined : `${key}: ${JSON.stringify(json[key])}`;
  } catch {
    return undefined;
  }
}

/** Content types that promise JSON, or nothing at all. */
const MAY_BE_JSON = /^\s*($|application\/octet-stream|binary\/)|json/i;

const JSON_EXTENSION = /json|\.(har|ipynb)$/;

const ERROR_KEYS = ['error', 'errors', 'message', 'fault', 'code', 'error_description', 'detail'];

/** Text in UTF-16 has a byte order mark, or a zero in every other byte. */
function decodeStart(start: Buffer): string {
  const [first = 1, second = 1, third = 1, fourth = 1] = start;
  const isBigEndian = (first === 0xfe && second === 0xff) || (first === 0 && third === 0);
  const isLittleEndian = (first === 0xff && second === 0xfe) || (second === 0 && fourth === 0);
  const label = isBigEndian ? 'utf-16be' : isLittleEndian ? 'utf-16le' : 'utf-8';
  return new TextDecoder(label).decode(start);
}

/** Whether the beginning is only blanks and comments, or a part of an error, so that more is needed. */
export const isUndecided = (start: Buffer): boolean => {
  const text = skipProlog(decodeStart(start));
  const isPartOfError = /^<Error[\s>]/.test(text) && !text.includes('</Error>');
  const isOpen = text.length < 20 || text.startsWith('<!--') || isPartOfError;
  return start.length < START_BYTES && isOpen;
};
