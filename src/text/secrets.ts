/** The secrets of this run: masked by the runner, and redacted from everything that we write. */
export interface Secrets {
  /** Registers a secret in every form in which it travels. Call it before anything else is done with it. */
  readonly add: (secret: string) => void;
  /** Gives `text` with every registered secret replaced by `***`. */
  readonly redact: (text: string) => string;
}

/**
 * @param mask tells the runner to hide a value in the log, as `core.setSecret` does
 */
export function createSecrets(mask: (value: string) => void): Secrets {
  const forms = createForms();
  const masked = new Set<string>();
  return {
    add(secret) {
      const added = [...new Set(linesOfSecret(secret).flatMap(formsOfSecret))];
      for (const form of added.filter((one) => !masked.has(one))) {
        masked.add(form);
        mask(form);
      }
      forms.add(added);
    },
    redact: forms.redact,
  };
}

/** A growing list of texts, and a function that replaces them in another text in a single pass. */
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

/** The runner looks for secrets line by line. The `-----BEGIN …` lines of a PEM text are no secret. */
function linesOfSecret(secret: string): string[] {
  // A PEM text is often pasted with its line breaks written as `\\n`.
  const isPem = secret.includes('-----BEGIN ');
  const breaks = isPem ? /[\r\n]+|\\n/ : /[\r\n]+/;
  const lines = secret.split(breaks).map((line) => line.trim());
  const own = lines.filter((line) => line !== '' && !line.startsWith('-----'));
  return lines.length > 1 && !isPem ? [secret, ...own] : own;
}

/** A secret as it is, and as URLs, forms, Base64, JSON and HTML write it. */
function formsOfSecret(secret: string): string[] {
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
