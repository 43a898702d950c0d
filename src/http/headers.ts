/** The headers of a request by name, which is the same in any case: https://www.rfc-editor.org/rfc/rfc9110#section-5.1 */
export type Headers = Readonly<Record<string, string>>;

/** The value of a header; undefined where it is not among them. */
export function findHeader(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(headers).find(([own]) => own.toLowerCase() === wanted)?.[1];
}

/** All but one header. */
export const withoutHeader = (headers: Headers, name: string): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(([own]) => own.toLowerCase() !== name.toLowerCase()),
  );

/** Both together; where both have a header, that of `stronger`. */
export function mergeHeaders(weaker: Headers, stronger: Headers): Headers {
  const names = new Set(Object.keys(stronger).map((name) => name.toLowerCase()));
  const further = Object.entries(weaker).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(further), ...stronger };
}

/** The headers of a request with a body, which is JSON unless they say otherwise. */
export const withJsonType = (headers: Headers): Headers =>
  mergeHeaders({ 'Content-Type': 'application/json' }, headers);
