import { parseJson } from '../providers/json.ts';
import { parsePathSegment, quoted, splitLines } from './parse.ts';

/**
 * The elements of a list as people write it: one per line, a YAML list in a block (`- a`), a JSON array, with
 * or without quotes around each. Empty elements are left out.
 *
 * @param separators further signs between two elements, which no element can contain
 * @throws Error where it looks like a list and cannot be read as one
 */
function parseList(text: string, separators: RegExp | undefined): string[] {
  const trimmed = text.trim();
  const json = trimmed.startsWith('[') ? parseJsonList(trimmed) : undefined;
  if (json !== undefined) return json;
  return splitDashes(splitLines(trimmed))
    .flatMap((line) => splitOutsideQuotes(line, separators))
    .map((element) => unquote(element.trim()).trim())
    .filter(Boolean);
}

/** The ids of jobs; an id that comes twice is kept once. A comma may be part of an id. */
export function parseRequestIds(text: string): string[] {
  const ids = [...new Set(parseList(text, undefined))];
  if (ids.length === 0)
    throw new Error(
      'is empty; give the id of the job, one id per line, or `start-url` to start it',
    );
  for (const id of ids) parsePathSegment(id);
  return ids;
}

/** Statuses, also separated by commas, semicolons or bars, which no status contains. */
export function parseStatuses(text: string): string[] {
  const statuses = parseList(text, /[,;|]/);
  const odd = statuses.find((status) => /["“”[\]{}]|^'|'$/.test(status));
  if (odd !== undefined) {
    throw new Error(
      `holds ${quoted(odd)}, which no provider sends; write Booked, Settled or one status per line`,
    );
  }
  return statuses;
}

/** HTTP status codes, also separated by commas, semicolons, bars or blanks. */
export function parseHttpStatuses(text: string): number[] {
  // Blanks separate codes too: a folded text (`>`) has nothing else between them.
  return parseList(text.replace(/(\d)[ \t]+(?=\d)/g, '$1,'), /[,;|]/).map((code) => {
    if (!/^[1-5]\d\d$/.test(code)) {
      throw new Error(`${quoted(code)} is not an HTTP status; write codes such as 200, 201, 204`);
    }
    return Number(code);
  });
}

/** A JSON array of texts and numbers; undefined where it is no JSON. */
function parseJsonList(text: string): string[] | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return elements
    .map((element) => {
      if (typeof element === 'string' || typeof element === 'number') return String(element).trim();
      throw new Error(
        `${quoted(text)} is a JSON array that holds something else than texts; write ["a", "b"], or one element per line`,
      );
    })
    .filter(Boolean);
}

/** Lines that all begin with a dash are a YAML list; a folded text (`>`) has them all in one line. */
function splitDashes(lines: readonly string[]): readonly string[] {
  if (lines.length === 0 || !lines.every((line) => /^-\s/.test(line))) return lines;
  return lines.flatMap((line) => line.slice(1).split(/\s-\s/)).map((line) => line.trim());
}

/** Splits at separators and after each quoted element, but not inside of quotes. */
function splitOutsideQuotes(line: string, separators: RegExp | undefined): string[] {
  const elements: string[] = [];
  let rest = line;
  while (rest !== '') {
    const element = /^\s*("[^"]*"|'[^']*')(?=\s*(["']|$|[,;|]))/.exec(rest)?.[0];
    const at = separators === undefined ? -1 : rest.search(separators);
    const end = element?.length ?? (at < 0 ? rest.length : at);
    elements.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^\s*[,;|]/, '');
  }
  return elements;
}

const unquote = (text: string): string => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
