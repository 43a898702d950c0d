import parseDuration from 'parse-duration';
import { quote } from '../text/inert.ts';
import { parseTimeMs } from '../text/time.ts';
import { isSecure } from '../http/tls.ts';

// Each function turns the text of one input into a value, or throws what is wrong with it.

/** Forms of a duration: seconds without a unit, or hours, minutes and seconds in that order. */
const DURATION =
  /^(?:\d+(?:\.\d+)?|(?=\d)(?:\d+(?:\.\d+)?h)?(?:\d+(?:\.\d+)?m)?(?:\d+(?:\.\d+)?s)?)$/i;

/** Longest time that fits a timer. */
const MAX_DURATION_MS = 24 * 24 * 60 * 60 * 1000;

export function parseDurationMs(text: string, least: 'zero' | 'above zero'): number {
  const compact = text.replace(/\s/g, '');
  const ms = DURATION.test(compact) ? parseDuration(compact.toLowerCase(), 's') : null;
  if (ms === null) {
    throw new Error(
      `${quoted(text)} is not a duration; write seconds (90) or 90s, 0.5s, 15m, 2h, 1h30m`,
    );
  }
  const value = ms * 1000;
  if (value > MAX_DURATION_MS) throw new Error(`${quoted(text)} is too long; the most is 576h`);
  if (value === 0 && least !== 'zero') throw new Error(`${quoted(text)} must be longer than zero`);
  return value;
}

export function parseChoice<T extends string>(text: string, choices: readonly [T, ...T[]]): T {
  const chosen = choices.find((one) => one.toLowerCase() === text.toLowerCase());
  if (chosen === undefined) throw new Error(`${quoted(text)} is none of ${choices.join(', ')}`);
  return chosen;
}

/** A switch; off where the text is empty. */
export const parseSwitch = (text: string): boolean =>
  parseChoice(text || 'false', ['true', 'false']) === 'true';

/** Text that must be there. */
export function requireText(text: string, what: string): string {
  if (text === '') throw new Error(`is empty; give ${what}`);
  return text;
}

/** The lines of a text without blanks around them; empty ones are skipped. */
export const splitLines = (text: string): string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter(Boolean);

const BYTES_BY_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** A number of bytes, with or without a unit. */
export function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = BYTES_BY_UNIT[unit.toLowerCase()];
  if (number === undefined || factor === undefined) {
    throw new Error(`${quoted(text)} is not a size; write bytes (1000) or 500 kB, 20 MB, 10 GB`);
  }
  return Math.round(Number(number) * factor);
}

/** A time in milliseconds since the epoch; undefined where the text is empty. */
export function parseTime(text: string): number | undefined {
  if (text === '') return undefined;
  const ms = parseTimeMs(text);
  if (ms === undefined) {
    throw new Error(`${quoted(text)} is not a time; write one like 2026-11-25T10:00:00Z`);
  }
  return ms;
}

/** Text that can stand in a path: dots alone would climb out of it, and half a character breaks it. */
export function parsePathSegment(text: string): string {
  if (/^\.{1,2}$/.test(text) || !text.isWellFormed()) {
    throw new Error(`${quoted(text)} cannot be a part of a URL's path`);
  }
  return text;
}

/** Text that a header can carry. */
export function parseHeaderValue(text: string): string {
  const at = text.search(/[^\x20-\x7E]/);
  if (at >= 0) {
    throw new Error(
      `has at position ${at + 1} a character that a header cannot carry; only printable ASCII can be sent`,
    );
  }
  return text;
}

/** An access token, also with `Bearer` before it or in quotes. */
export function parseToken(text: string): string {
  if (/^bearer$/i.test(text)) throw new Error('is `Bearer` without a token; is the secret set?');
  const token = text.replace(/^bearer\s+/i, '').replace(/^(["'])(.+)\1$/, '$2');
  if (/^bearer(\s|$)/i.test(token)) {
    throw new Error(
      'has `Bearer` twice; the secret holds it already, so leave it out before the secret',
    );
  }
  return parseHeaderValue(token);
}

/** A URL that secrets may be sent to: https, or http on a loopback host; no credentials, query, fragment. */
export function parseHttpsUrl(text: string): string {
  const shown = quotedUrl(text);
  const example = 'give something like https://acme.example.com/prefix';
  if (!URL.canParse(text)) throw new Error(`${shown} is not a URL; ${example}`);
  const url = new URL(text);
  const parts = [
    url.username !== '' || url.password !== '' ? 'a user name or password' : '',
    text.includes('?') ? 'a query' : '',
    text.includes('#') ? 'a fragment' : '',
  ].filter(Boolean);
  if (parts.length > 0)
    throw new Error(`${shown} must not hold ${parts.join(' and ')}; ${example}`);
  if (!isSecure(url)) {
    throw new Error(`${shown} must begin with https://; http:// is for loopback hosts alone`);
  }
  return url.href;
}

export const quoted = (text: string): string => `“${quote(text)}”`;

/** A URL as a message shows it: without a user name and a password. */
export const quotedUrl = (text: string): string => quoted(text.replace(/^.*@/s, '***@'));
