import { createSanitizer } from '../../src/text/sanitizer.js';
import { createSecrets } from '../../src/text/secrets.js';

/**
 * Every form in which honest services write a secret that they were given.
 */
type Encode = (text: string) => string;

const json: Encode = (text) => JSON.stringify(text).slice(1, -1);
const hexOf = (character: string, length: number) =>
  (character.codePointAt(0) ?? 0).toString(16).padStart(length, '0');
const lowerCodes: Encode = (text) => text.replace(/%../g, (code) => code.toLowerCase());
const strict: Encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${hexOf(sign, 2).toUpperCase()}`);
const form: Encode = (text) => new URLSearchParams({ s: text }).toString().slice('s='.length);
const html: Encode = (text) => text.replace(/[&<>"']/g, (sign) => HTML[sign as keyof typeof HTML]);
const HTML = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const base64 = (text: string, alphabet: 'base64' | 'base64url' = 'base64') =>
  Buffer.from(text).toString(alphabet);
const units = (text: string) => Array.from({ length: text.length }, (_, at) => text.charAt(at));
const characters = (text: string) => Array.from(text);
const all = (text: string, write: Encode) => units(text).map(write).join('');
/** Every other character written so, the others as they are. */
const half = (text: string, write: Encode, split = characters) =>
  split(text)
    .map((one, at) => (at % 2 === 0 || /[\\%&]/.test(one) ? write(one) : one))
    .join('');
const inBytes: Encode = (text) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const unicodeEscape: Encode = (unit) => `\\u${hexOf(unit, 4)}`;
const phpSigns: Encode = (text) => json(text).replaceAll('/', '\\/');
const dotNetSigns: Encode = (text) =>
  text.replace(/["'&<>+`\\]/g, (sign) => `\\u${hexOf(sign, 4).toUpperCase()}`);

/** What stands for the secret itself in each form. */
export const SECRET_FORMS: Readonly<Record<string, Encode>> = {
  'as it is': (text) => text,
  JSON: json,
  'JSON of PHP': phpSigns,
  'JSON of .NET': dotNetSigns,
  'JSON of escapes alone': (text) => all(text, unicodeEscape),
  'JSON of escapes in upper case': (text) =>
    all(text, unicodeEscape).replace(/[a-f]/g, (c) => c.toUpperCase()),
  'JSON with every other character escaped': (text) => half(text, unicodeEscape, units),
  'JSON in JSON': (text) => json(json(text)),
  'JSON of PHP in JSON': (text) => json(phpSigns(text)),
  'JSON of .NET in JSON of PHP': (text) => phpSigns(dotNetSigns(text)),
  'JSON in JSON in JSON': (text) => json(json(json(text))),
  'JSON in JSON in a URL': (text) => encodeURIComponent(json(json(text))),
  'a URL': encodeURIComponent,
  'a URL in lower case': (text) => lowerCodes(encodeURIComponent(text)),
  'a URL by RFC 3986': strict,
  'a URL by RFC 3986 in lower case': (text) => lowerCodes(strict(text)),
  'a URL of codes alone': inBytes,
  'a URL with every other character as a code': (text) => half(text, inBytes),
  'a URL in a URL': (text) => encodeURIComponent(encodeURIComponent(text)),
  'a URL in JSON of PHP': (text) => phpSigns(encodeURIComponent(text)),
  'a form': form,
  'a form in lower case, as .NET writes it': (text) => lowerCodes(form(text)),
  'a form in JSON': (text) => json(form(text)),
  HTML: html,
  'HTML of decimal entities': (text) => all(text, (unit) => `&#${unit.charCodeAt(0)};`),
  'HTML of hexadecimal entities': (text) => all(text, (unit) => `&#x${hexOf(unit, 1)};`),
  'HTML of long entities': (text) => all(text, (unit) => `&#X${hexOf(unit, 4).toUpperCase()};`),
  'HTML with every other character an entity': (text) =>
    half(text, (one) => `&#${one.codePointAt(0)};`),
  'HTML in HTML': (text) => html(html(text)),
  'HTML of JSON': (text) => html(json(text)),
  'JSON of HTML': (text) => json(html(text)),
  'a URL of HTML': (text) => encodeURIComponent(html(text)),
  'hexadecimal digits': (text) => Buffer.from(text).toString('hex'),
  'hexadecimal digits in upper case': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  Base64: (text) => base64(text),
  'Base64 without its end': (text) => base64(text).replaceAll('=', ''),
  'Base64 for URLs': (text) => base64(text, 'base64url'),
  'Base64 in JSON of PHP': (text) => phpSigns(base64(text)),
  'Base64 in JSON of .NET': (text) => dotNetSigns(base64(text)),
  'Base64 in a URL': (text) => encodeURIComponent(base64(text)),
  'Base64 in HTML of decimal entities': (text) =>
    all(base64(text), (unit) => `&#${unit.charCodeAt(0)};`),
};

/** Texts whose Base64 holds that of the secret at each of the three places that it can begin at. */
export const BASE64_NEIGHBOURS: readonly (readonly [before: string, after: string])[] = [
  ['', ':x'],
  ['u', ''],
  ['us', ':'],
  ['usr', 'yz'],
  ['user', '\n'],
];

/**
 * The longest part of a form that stands in a text: 0 where no part of at least `shortest` characters does. A
 * part of a secret is a leak too.
 */
export function longestPart(text: string, written: string, shortest = 6): string {
  let longest = '';
  for (let start = 0; start + shortest <= written.length; start += 1) {
    let end = start + Math.max(longest.length + 1, shortest);
    while (end <= written.length && text.includes(written.slice(start, end))) {
      longest = written.slice(start, end);
      end += 1;
    }
  }
  return longest;
}

/** A run with these secrets: what the runner was told to mask, and the sanitizer. */
export function sanitizerOf(...secrets: readonly string[]) {
  const masked: string[] = [];
  const known = createSecrets((value) => masked.push(value));
  for (const secret of secrets) known.add(secret);
  const sanitizer = createSanitizer(known);
  return {
    masked,
    redact: (text: string) => sanitizer.redact(text),
    line: (text: string, maxLength?: number) => sanitizer.line(text, maxLength),
    link: (text: string) => sanitizer.link(text),
    page: (text: string) => sanitizer.page(text),
    body: (text: string) => sanitizer.body(text),
  };
}
