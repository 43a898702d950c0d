/** A shorter part of a secret is part of too many words to be hidden. */
const SHORTEST_LINE = 4;
/** Shorter texts inside a secret that is JSON are names and numbers. */
const SHORTEST_JSON_TEXT = 8;
const MAX_JSON_TEXTS = 500;
/** A piece of Base64 without its ends. */
const SHORTEST_BASE64_PIECE = 8;

/**
 * What of a secret can be met alone: its lines, since the runner looks for secrets line by line, and the texts
 * in it where it is JSON, such as the key of a service account. The `-----BEGIN …` lines of a PEM text and
 * the signs of JSON are no secrets.
 */
export function partsOfSecret(secret: string): string[] {
  const json = parseJsonSecret(secret);
  if (json !== undefined) {
    const texts = textsIn(json).filter((text) => text.length >= SHORTEST_JSON_TEXT);
    return [secret, JSON.stringify(json), ...texts.slice(0, MAX_JSON_TEXTS).flatMap(partsOfSecret)];
  }
  // A PEM text is often pasted with its line breaks written as `\\n`.
  const isPem = secret.includes('-----BEGIN ');
  const lines = secret
    .split(isPem ? /[\r\n]|\\n/ : /[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length < 2) return [...new Set([secret, ...lines])].filter(Boolean);
  const own = lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'));
  return isPem ? own : [secret, ...own];
}

function parseJsonSecret(secret: string): unknown {
  if (!/^\s*[{[]/.test(secret)) return undefined;
  try {
    return JSON.parse(secret);
  } catch {
    return undefined;
  }
}

function textsIn(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(textsIn);
}

/**
 * A secret as it is, and as URLs, forms, Base64, hexadecimal digits, JSON and HTML write it. These are masked
 * by the runner; escapes of single characters are found beside them.
 */
export function formsOfSecret(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  const bytes = Buffer.from(secret);
  const encoded = encodeURIComponent(wellFormed);
  const strict = encoded.replace(/[!'()*]/g, (sign) => `%${hexOf(sign)}`);
  const form = new URLSearchParams({ s: secret }).toString().slice('s='.length);
  const json = JSON.stringify(secret).slice(1, -1);
  const ascii = json.replace(/[^\x20-\x7E]/g, (sign) => `\\u${hexOf(sign).padStart(4, '0')}`);
  // As Python writes it.
  const lower = ascii.replace(/\\u..../g, (code) => code.toLowerCase());
  const forms = [
    secret,
    ...[encoded, strict, form].flatMap((text) => [text, withLowerCaseCodes(text)]),
    ...base64Forms(bytes),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[json, ascii, lower, json.replaceAll('/', '\\/')].flatMap((text) => [
      text,
      JSON.stringify(text).slice(1, -1),
    ]),
    secret.replace(/[&<>"']/g, (sign) => HTML[sign as keyof typeof HTML]),
    // A form without its escapes.
    secret.replaceAll(' ', '+'),
  ];
  return [...new Set(forms)];
}

/** Base64 in both alphabets, and what of it does not depend on the bytes before and behind the secret. */
function base64Forms(bytes: Buffer): string[] {
  const pieces = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const isWhole = (offset + bytes.length) % 3 === 0;
    const end = isWhole ? text.length : text.replaceAll('=', '').length - 1;
    const piece = text.slice(offset === 0 ? 0 : offset + 1, end);
    return piece.length < SHORTEST_BASE64_PIECE ? [] : [piece];
  });
  const whole = bytes.toString('base64');
  return [whole, whole.replaceAll('=', ''), ...pieces].flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}

/** Most characters that a secret can take in a text: each of its bytes escaped, as in `\\u0041` and `&#x41;`. */
export const longestWritten = (secret: string): number => 8 * Buffer.byteLength(secret);

const hexOf = (sign: string): string => sign.charCodeAt(0).toString(16).toUpperCase();

const withLowerCaseCodes = (text: string): string =>
  text.replace(/%../g, (code) => code.toLowerCase());

const HTML = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' } as const;
