import { unescapeJson } from './inert.ts';

/** The secrets of this run: told to the runner, and kept out of everything that we write. */
export interface Secrets {
  /**
   * Registers a name that goes with a secret. It is hidden in the log like one, but stays in links, and
   * we ourselves leave it in a text if it is so short that the text would suffer.
   */
  readonly addName: (name: string) => void;
  /** Registers a secret and the forms in which it travels. Call it before anything else is done with it. */
  readonly add: (secret: string) => void;
  /** Gives `text` with every registered secret replaced by `***`. */
  readonly redact: (text: string) => string;
  /** The same for text that may be JSON, where a secret can be written with any escapes. */
  redactJson(text: string): string;
  /** The same for a link or an id, where names may stand. */
  readonly redactLink: (text: string) => string;
}

/** A name of fewer characters is part of too many words. */
const SHORTEST_NAME = 4;

/**
 * @param mask tells the runner to hide a value in the log, as `core.setSecret` does
 */
export function createSecrets(mask: (value: string) => void): Secrets {
  const secrets = createForms();
  const all = createForms();
  const masked = new Set<string>();
  const register = (text: string): string[] => {
    const forms = [...new Set(linesOf(text).flatMap(formsOf))];
    for (const form of forms.filter((one) => !masked.has(one))) {
      masked.add(form);
      mask(form);
    }
    return forms;
  };

  return {
    add(secret) {
      const forms = register(secret);
      secrets.add(forms);
      all.add(forms);
    },
    addName(name) {
      const forms = register(name);
      if (name.length >= SHORTEST_NAME) all.add(forms);
    },
    redact: all.redact,
    redactJson(text) {
      const plain = jsonWithoutEscapes(text);
      return all.redact(plain) === plain ? all.redact(text) : all.redact(plain);
    },
    redactLink: secrets.redact,
  };
}

/** A growing list of texts, and what takes them out of another one in a single pass. */
function createForms() {
  let forms: readonly string[] = [];
  let pattern: RegExp | undefined;
  return {
    add(more: readonly string[]) {
      // The longest first: one secret may be a part of another.
      forms = [...new Set([...forms, ...more])].sort((a, b) => b.length - a.length);
      const escaped = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
      pattern = forms.length === 0 ? undefined : new RegExp(escaped.join('|'), 'g');
    },
    redact: (text: string): string => (pattern ? text.replace(pattern, '***') : text),
  };
}

/** JSON written anew, or what can be done for text that is none. */
function jsonWithoutEscapes(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return unescapeJson(text);
  }
}

/** The runner looks for secrets line by line. What every PEM text has in common is none. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const own = lines.filter((line) => line !== '' && !line.startsWith('-----'));
  return lines.length > 1 && !secret.includes('-----BEGIN ') ? [secret, ...own] : own;
}

/** A secret as it is, and as URLs, forms, Base64, JSON and HTML write it. */
function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  const base64 = Buffer.from(secret).toString('base64');
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    encoded,
    encoded.replace(/%../g, (code) => code.toLowerCase()),
    new URLSearchParams({ s: secret }).toString().slice('s='.length),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    json,
    JSON.stringify(json).slice(1, -1),
    secret.replace(/[&<>"']/g, (sign) => HTML[sign as keyof typeof HTML]),
  ];
}

const HTML = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' } as const;
