import { extname } from 'node:path';
import filenamify from 'filenamify';
import { withoutInvisible } from '../text/inert.ts';

/** File systems allow 255 bytes: three per character, and room for a number. */
const MAX_LENGTH = 80;

/**
 * A name that a server has chosen, made safe: it means the same on Linux, Windows and macOS, is no hidden
 * file and no option of a command, and holds nothing that a shell would run.
 */
export function safeName(suggested: string): string {
  const seen = withoutInvisible(suggested.normalize('NFC').toWellFormed());
  const last = seen.split(/[/\\]/).at(-1) ?? '';
  const visible = withoutLeadingSigns(withoutUnsafe(last));
  const extension = extname(visible).slice(0, MAX_LENGTH / 2);
  const stem = visible.slice(0, visible.length - extname(visible).length);
  const short = stem.slice(0, MAX_LENGTH - extension.length) + extension;
  const options = { replacement: '_', maxLength: MAX_LENGTH };
  const safe = withoutLeadingSigns(filenamify(short.toWellFormed(), options));
  // What one step cuts off may uncover what another step takes away.
  return safe === suggested ? safe : safeName(safe);
}

/** The name with `_` for everything but letters, digits and a few signs: it may end up in a shell, a URL or a table. */
const withoutUnsafe = (name: string): string => name.replace(/[^\p{L}\p{N}\p{M} ._()+,=@-]/gu, '_');

const withoutLeadingSigns = (name: string): string => name.replace(/^[-.\s]+/, '') || 'report';
