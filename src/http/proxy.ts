import { BadInputs } from '../domain/errors.ts';
import type { Secrets } from '../text/secrets.ts';

/** The first variable that is set names the proxy. Plain http goes to loopback hosts only, which need none. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY'] as const;

/** The proxy of the runner. */
interface Proxy {
  /** The variable that names it. */
  readonly variable: string;
  readonly url: URL;
}

/**
 * Masks what the runner's proxy is reached with, and spells its URL in the environment as http-client
 * reads it.
 *
 * @throws BadInputs that names the variable, and nothing of its value
 */
export function useProxy(environment: NodeJS.ProcessEnv, secrets: Secrets): void {
  const proxy = readProxy(environment);
  if (proxy === undefined) return;
  const [user = '', password = ''] = decodeCredentials(proxy.url) ?? [];
  secrets.add(password);
  if (password !== '') secrets.add(`${user}:${password}`);
  environment[proxy.variable] = proxy.url.href;
}

/**
 * Reads the proxy that an environment names for https, if any. A URL without a scheme means http.
 */
function readProxy(environment: NodeJS.ProcessEnv): Proxy | undefined {
  const variable = VARIABLES.find((name) => environment[name]);
  const text = variable === undefined ? '' : (environment[variable] ?? '').trim();
  if (variable === undefined || text === '') return undefined;
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (
    !url ||
    url.hostname === '' ||
    !/^https?:$/.test(url.protocol) ||
    decodeCredentials(url) === undefined
  ) {
    throw new BadInputs([
      `\`${variable}\` of the runner is not the URL of a proxy, as http://proxy.example:3128`,
    ]);
  }
  return { variable, url };
}

/** The user and the password in the URL of a proxy; undefined where they are not encoded as URLs are. */
function decodeCredentials({ username, password }: URL): [string, string] | undefined {
  try {
    return [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    return undefined;
  }
}
