const PLACE = /\{(\+?)id\}/g;

/**
 * The address for one job: `{id}` stands for its id percent-encoded, `{+id}` for the id as it is. What does
 * not begin like a URL lies below `root`.
 *
 * @throws TypeError where that is not a URL
 */
export function fill(template: string, id: string, root: string): URL {
  const filled = template.replace(PLACE, (_, plus: string) =>
    plus === '' ? encodeURIComponent(id) : id,
  );
  const isWhole = /^[a-z][a-z0-9+.-]*:/i.test(filled);
  return new URL(isWhole ? filled : `${root}/${filled.replace(/^\//, '')}`);
}

/** The body for one job, with the id escaped as its form wants it: form fields, else JSON. */
export function fillBody(
  template: string,
  id: string,
  headers: Readonly<Record<string, string>>,
): string {
  const [, type = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  const escaped = type.toLowerCase().startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams({ id }).toString().slice('id='.length)
    : JSON.stringify(id).slice(1, -1);
  return template.replace(PLACE, (_, plus: string) => (plus === '' ? escaped : id));
}
