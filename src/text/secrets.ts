/** The secrets of this run: masked by the runner, and redacted from everything that we write. */
export interface Secrets {
  /**
   * Registers a name that goes with a secret. It is masked in the log, but stays in links; a short name
   * is not redacted by us, since it would be part of too many words.
   */
  readonly addName: (name: string) => void;
  /** Registers a secret in every form in which it travels. Call it before anything else is done with it. */
  readonly add: (secret: string) => void;
  /** Gives `text` with every registered secret and name replaced by `***`. */
  readonly redact: (text: string) => string;
  /** The same for a link or an id, where names may stand. */
  readonly redactLink: (text: string) => string;
}

/** A shorter name is part of too many words. */
const SHORTEST_NAME = 4;

/**
 * @param mask tells the runner to hide a value in the log, as `core.setSecret` does
 */
export function createSecrets(mask: (value: string) => void): Secrets {
  const secrets = createForms();
  const secretsAndNames = createForms();
  const masked = new Set<string>();
  const register = (text: string): string[] => {
    const forms = [...new Set(linesOfSecret(text).flatMap(formsOfSecret))];
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
      secretsAndNames.add(forms);
    },
    addName(name) {
      const forms = register(name);
      if (name.length >= SHORTEST_NAME) secretsAndNames.add(forms);
    },
    redact: secretsAndNames.redact,
    redactLink: secrets.redact,
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
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const own = lines.filter((line) => line !== '' && !line.startsWith('-----'));
  return lines.length > 1 && !secret.includes('-----BEGIN ') ? [secret, ...own] : own;
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
