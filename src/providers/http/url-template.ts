import { findHeader, type Headers } from '../../http/headers.ts';

const ID_PLACEHOLDER = /\{(\+?)id\}/g;

/**
 * The URL for one job: `{id}` stands for its id percent-encoded, `{+id}` for the id as it is. What does
 * not begin like a URL lies below `root`.
 *
 * @throws TypeError where that is not a URL
 */
export function expandUrlTemplate(template: string, id: string, root: string): URL {
  const expanded = template.replace(ID_PLACEHOLDER, (_, plus: string) =>
    plus === '' ? encodeURIComponent(id) : id,
  );
  return resolveUrl(expanded, root);
}

/**
 * What a text stands for that begins like a URL, or else lies below `root`.
 *
 * @throws TypeError where that is not a URL
 */
export function resolveUrl(text: string, root: string): URL {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(text);
  return new URL(isAbsolute ? text : `${root}/${text.replace(/^\//, '')}`);
}

/** How an id is written in a body. */
const ESCAPES = {
  json: (id: string) => JSON.stringify(id).slice(1, -1),
  form: (id: string) => new URLSearchParams({ id }).toString().slice('id='.length),
  xml: (id: string) => id.replace(/[&<>"'\r\n\t]/g, (sign) => `&#${sign.charCodeAt(0)};`),
} as const;

/** The format of a body by its type, which is JSON unless `headers` says otherwise; undefined for any other. */
function formatOf(headers: Headers): keyof typeof ESCAPES | undefined {
  const type = findHeader(headers, 'Content-Type') ?? 'application/json';
  const [mime = ''] = type.toLowerCase().split(';');
  if (/[/+]json\s*$|[/+]x-amz-json/.test(mime)) return 'json';
  if (/[/+]xml\s*$/.test(mime)) return 'xml';
  return mime.trim() === 'application/x-www-form-urlencoded' ? 'form' : undefined;
}

/** Signs that leave the place of an id in some format or other. */
const UNSAFE_ID = /[<>&"'`\\\r\n]/;

/**
 * The body for one job, with the id escaped as its type requires.
 *
 * @throws Error for an id that could change a body of a type whose rules are not known here
 */
export function expandBody(template: string, id: string, headers: Headers): string {
  const format = formatOf(headers);
  return template.replace(ID_PLACEHOLDER, (_, plus: string) => {
    if (plus !== '') return id;
    if (format !== undefined) return ESCAPES[format](id);
    if (!UNSAFE_ID.test(id)) return id;
    throw new Error(
      'has an id with a quote, a line break or one of < > & in a body that is neither JSON, form nor XML; give the type of the body in `headers`, as `Content-Type: application/json`',
    );
  });
}
