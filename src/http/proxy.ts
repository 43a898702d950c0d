import { BadInputs } from '../domain/errors.ts';

/** Variables that name the proxy for https, the first one that is set. http is for loopback alone. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY'] as const;

/** The proxy of the runner. */
export interface Proxy {
  /** The variable that names it. */
  readonly variable: string;
  readonly url: URL;
}

/**
 * The proxy that an environment names for https, if any. A URL without a scheme is one of http.
 *
 * @throws BadInputs that names the variable, and nothing of its value
 */
export function proxyOf(environment: NodeJS.ProcessEnv): Proxy | undefined {
  const variable = VARIABLES.find((name) => environment[name]);
  const text = variable === undefined ? '' : (environment[variable] ?? '').trim();
  if (variable === undefined || text === '') return undefined;
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (
    !url ||
    url.hostname === '' ||
    !/^https?:$/.test(url.protocol) ||
    credentialsOf(url) === undefined
  ) {
    throw new BadInputs([
      `\`${variable}\` of the runner is not the URL of a proxy, as http://proxy.example:3128`,
    ]);
  }
  return { variable, url };
}

/** The user and the password in the URL of a proxy; undefined where they are not encoded as URLs are. */
export function credentialsOf({ username, password }: URL): [string, string] | undefined {
  try {
    return [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    return undefined;
  }
}
