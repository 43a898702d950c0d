/** Elements with which an HTML page begins, and no other document; they may be written with blanks. */
const HTML_START =
  /^<\s*(!\s*doctype\s+html|html|head|body|title|meta|script|style|link|form|div|center|p|h[1-6])\b/i;

/** Whether a text begins as an HTML page does. Blanks, comments and declarations must be taken away before. */
export const startsAsHtml = (text: string): boolean => HTML_START.test(text.slice(0, 200));

/** Whether a `Content-Type` says that a body is an HTML page. */
export const isHtmlType = (contentType = ''): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(contentType);

/** Whether a text is an HTML page, whatever stands before its first element. */
export const isHtmlPage = (text: string): boolean => startsAsHtml(skipProlog(text));

/** Passes over blanks, comments and processing instructions, in time that grows with their length only. */
export function skipProlog(text: string): string {
  let at = 0;
  for (;;) {
    while (at < text.length && /[\s\uFEFF\0]/.test(text.charAt(at))) at += 1;
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : '';
    const next = end === '' ? -1 : text.indexOf(end, at + 2);
    if (next < 0) return text.slice(at);
    at = next + end.length;
  }
}
