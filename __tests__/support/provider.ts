import { afterAll, beforeAll } from '@jest/globals';
import { providers } from '../../simulator/providers.js';
import { account, startSimulator, type Recorded, type Script } from '../../simulator/simulator.js';
import { PROVIDERS } from '../../src/providers/index.js';
import type { ProviderDefinition, RequiredInput } from '../../src/providers/provider.js';
import { runAction, type Run } from './action.js';

type Simulator = Awaited<ReturnType<typeof startSimulator>>;
export type ErrorsByNumber = NonNullable<Script['errors']>;
type Texts = Readonly<Record<string, string>>;

/** What a provider received, as short as it can be compared. */
export interface Request {
  readonly line: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A run, the job's id, and what the provider was asked. */
interface ProviderRun extends Run {
  readonly id: string;
  readonly requests: Request[];
  readonly times: number[];
  /** The token that came with each poll. */
  readonly tokens: string[];
  readonly logins: Request[];
  readonly loginTimes: number[];
  /** The connections over which the polls came, by the port at our end. */
  readonly ports: ReadonlySet<number>;
}

/** What the simulator accepts in each input that some provider needs. */
const ACCOUNT_INPUTS: Readonly<Record<Exclude<RequiredInput, 'token-url'>, string>> = {
  username: account.username,
  password: account.password,
  'client-id': account.clientId,
  'client-secret': account.clientSecret,
  'app-key': account.appKey,
  'tenant-id': account.tenant,
  'participant-type': 'consignees',
};

const definitions = Object.entries<ProviderDefinition>(PROVIDERS).filter(
  ([name]) => name !== 'http',
);

/** The providers that the simulator plays: all but `http`, whose tests bring their own responses. */
export const builtInProviders: readonly string[] = definitions.map(([name]) => name);

const pickInputs = (pick: (definition: ProviderDefinition) => readonly RequiredInput[]) =>
  Object.fromEntries(
    definitions.map(([provider, definition]): [string, Texts] => {
      const names = pick(definition).filter((name) => name !== 'token-url');
      return [provider, Object.fromEntries(names.map((name) => [name, ACCOUNT_INPUTS[name]]))];
    }),
  );

/** What every poll needs at each provider, beside a token. */
export const requiredInputs = pickInputs((definition) => definition.requiredInputs);

/** The inputs that log in at each provider; see `loginInputsAt` for `token-url`. */
export const loginInputs = pickInputs((definition) => definition.loginInputs);

/** The inputs that log in at a provider which the simulator at `url` plays. */
export function loginInputsAt(url: string, provider: string): Texts {
  const needed = PROVIDERS[provider as keyof typeof PROVIDERS].loginInputs;
  const tokenUrl = `${url}${simulated(provider).login(account).path}`;
  return {
    ...loginInputs[provider],
    ...(needed.includes('token-url') ? { 'token-url': tokenUrl } : {}),
  };
}

/** How the simulator plays a provider. */
export function simulated(provider: string) {
  const found = providers[provider];
  if (found === undefined) throw new Error(`simulator/providers.js has no ${provider}`);
  return found;
}

/**
 * Gives a function that creates a job at the simulated provider and runs the bundle for it. The
 * pauses are short; every other input is as in action.yml.
 */
export function providerTest(provider: string) {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const run = async (
    job: Omit<Script, 'provider'> | undefined,
    inputs: Texts = {},
    options: Parameters<typeof runAction>[1] = {},
  ): Promise<ProviderRun> => runAtProvider(simulator, provider, job, inputs, options);
  return Object.assign(run, { simulator: () => simulator });
}

/** Creates a job at a provider that `simulator` plays, and runs the bundle for it. */
export async function runAtProvider(
  simulator: Simulator,
  provider: string,
  job: Omit<Script, 'provider'> | undefined,
  inputs: Texts,
  options: Parameters<typeof runAction>[1] = {},
): Promise<ProviderRun> {
  const id = job === undefined ? 'no-such-job' : simulator.createJob({ provider, ...job });
  const before = simulator.requests.length;
  const run = await runAction(
    {
      provider,
      'request-id': id,
      'base-url': simulator.url,
      token: 'simulator-token',
      timeout: '20s',
      interval: '0.05s',
      'not-found-grace': '0.1s',
      ...requiredInputs[provider],
      ...inputs,
    },
    { secrets: () => simulator.tokens(), ...options },
  );
  const recorded = simulator.requests.slice(before);
  const logins = recorded.filter(({ isLogin }) => isLogin);
  const polls = recorded.filter(({ isLogin }) => !isLogin);
  return {
    ...run,
    id,
    requests: polls.map(requestOf),
    times: polls.map(({ atMs }) => atMs),
    tokens: polls.map(({ token }) => token),
    logins: logins.map(requestOf),
    loginTimes: logins.map(({ atMs }) => atMs),
    ports: new Set(polls.map(({ port }) => port)),
  };
}

const requestOf = ({ method, url, headers, body }: Recorded): Request => ({
  line: `${method} ${url.pathname}${url.search}`,
  headers,
  body,
});

/** The steps of a job that goes through `statuses`, one poll each; the last status stays. */
export const statuses = (...all: string[]) => all.map((status) => ({ status, forPolls: 1 }));

/** The statuses in the order in which the log reports them, the last one in its end. */
export const statusesInLog = (log: string): string[] =>
  [...log.matchAll(/^ +[\d.]+m?s {2}(?:([A-Za-z_, ]+?)(?: \(.*\))?|.*status “(.*?)”.*)$/gm)]
    .map(([, status, last]) => status ?? last ?? '')
    .filter((status) => status !== 'no status yet');
