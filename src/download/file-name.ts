import { extname } from 'node:path';
import filenamify from 'filenamify';

/** File systems allow 255 bytes: three per character, and room for a number. */
const MAX_LENGTH = 80;

/** A name that means the same on Linux, Windows and macOS, and is no hidden file. */
export function safeName(suggested: string): string {
  const last = suggested.normalize('NFC').toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const visible = withoutLeadingDots(last);
  const extension = extname(visible).slice(0, MAX_LENGTH / 2);
  const stem = visible.slice(0, visible.length - extname(visible).length);
  const short = stem.slice(0, MAX_LENGTH - extension.length) + extension;
  const options = { replacement: '_', maxLength: MAX_LENGTH };
  return withoutLeadingDots(filenamify(short.toWellFormed(), options));
}

/** A name that begins with a dot is hidden. */
const withoutLeadingDots = (name: string): string => name.replace(/^[.\s]+/, '') || 'report';
