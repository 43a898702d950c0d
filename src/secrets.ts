/** The secrets of this run: told to the runner, and kept out of everything that we write. */
export interface Secrets {
  /** Registers a secret and the forms in which it travels. Call it before anything else is done with it. */
  readonly add: (secret: string) => void;
  /** Gives `text` with every registered secret replaced by `***`. */
  redact(text: string): string;
  /** The same for text that may be JSON, where a secret can be written with any escapes. */
  redactJson(text: string): string;
}

/**
 * @param mask tells the runner to hide a value in the log, as `core.setSecret` does
 */
export function createSecrets(mask: (value: string) => void): Secrets {
  /** The longest first: one secret may be a part of another. */
  let forms: readonly string[] = [];
  const redact = (text: string): string =>
    forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
  return {
    add(secret) {
      for (const form of linesOf(secret).flatMap(formsOf)) {
        if (forms.includes(form)) continue;
        forms = [...forms, form].sort((a, b) => b.length - a.length);
        mask(form);
      }
    },
    redact,
    redactJson(text) {
      try {
        const plain = JSON.stringify(JSON.parse(text));
        return redact(plain) === plain ? redact(text) : redact(plain);
      } catch {
        return redact(text);
      }
    },
  };
}

/** The runner looks for secrets line by line. What every PEM text has in common is none. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length === 1
    ? [secret]
    : lines.filter((line) => line !== '' && !line.startsWith('-----'));
}

/** A secret as it is, in a URL, in a form, in Base64, in JSON text. */
function formsOf(secret: string): string[] {
  if (secret === '') return [];
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [
    secret,
    encoded,
    new URLSearchParams({ s: secret }).toString().slice('s='.length),
    Buffer.from(secret).toString('base64'),
    JSON.stringify(secret).slice(1, -1),
  ];
}
