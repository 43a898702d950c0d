/**
 * The code and message of the XML document with which object stores respond to an error; '' where a text
 * is none. See https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function findXmlError(text: string): string {
  const start = text.slice(0, 4096).replace(/^\s*<\?xml[^>]*\?>\s*/, '');
  if (!/^\s*<Error[\s>]/.test(start)) return '';
  const [code, message] = [textOfTag(start, 'Code'), textOfTag(start, 'Message')];
  // S3 says `AccessDenied` and “Access Denied”.
  const isSame = code === message.replaceAll(' ', '');
  return [isSame ? '' : code, message].filter(Boolean).join(': ');
}

function textOfTag(xml: string, name: string): string {
  const from = xml.indexOf(`<${name}>`);
  const to = xml.indexOf(`</${name}>`);
  return from < 0 || to < from ? '' : xml.slice(from + name.length + 2, to).trim();
}
