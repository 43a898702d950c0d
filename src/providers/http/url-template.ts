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
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(expanded);
  return new URL(isAbsolute ? expanded : `${root}/${expanded.replace(/^\//, '')}`);
}

/** The body for one job, with the id escaped as its type requires: form fields, else JSON. */
export function expandBody(
  template: string,
  id: string,
  headers: Readonly<Record<string, string>>,
): string {
  const [, type = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  const escaped = type.toLowerCase().startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams({ id }).toString().slice('id='.length)
    : JSON.stringify(id).slice(1, -1);
  return template.replace(ID_PLACEHOLDER, (_, plus: string) => (plus === '' ? escaped : id));
}
