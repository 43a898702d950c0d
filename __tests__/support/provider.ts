import { afterAll, beforeAll } from '@jest/globals';
import { account, startSimulator, type Recorded, type Script } from '../../simulator/simulator.js';
import { runAction, type Run } from './action.js';

type Simulator = Awaited<ReturnType<typeof startSimulator>>;
export type FaultsByNumber = NonNullable<Script['faults']>;
type Texts = Readonly<Record<string, string>>;

/** What a vendor received, as short as it can be compared. */
export interface Request {
  readonly line: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A run, the job's id, and what the vendor was asked. */
interface VendorRun extends Run {
  readonly id: string;
  readonly requests: Request[];
  readonly times: number[];
  readonly logIns: Request[];
  readonly logInTimes: number[];
  /** The connections over which the questions came, by the port at our end. */
  readonly ports: ReadonlySet<number>;
}

const user = { username: account.username, password: account.password };

/** The inputs that log in at each vendor, beside `token-url` at SafetyChain. */
export const logInInputs: Readonly<Record<string, Texts>> = {
  safetychain: { ...user, 'tenant-id': account.tenant },
  flolive: user,
  os1: { 'client-id': account.clientId, 'client-secret': account.clientSecret },
  sei: { ...user, 'client-secret': account.clientSecret },
  unicommerce: user,
};

/** What every question needs at some vendors. */
const questionInputs: Readonly<Record<string, Texts>> = {
  os1: { 'tenant-id': 'acme', 'participant-type': 'consignees' },
  sei: { 'app-key': account.appKey },
};

/**
 * Gives a function that creates a job at the simulated vendor and runs the bundle for it. The
 * pauses are short; every other input is as in action.yml.
 */
export function vendorTest(vendor: string) {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const run = async (
    job: Omit<Script, 'vendor'> | undefined,
    inputs: Texts = {},
    options: Parameters<typeof runAction>[1] = {},
  ): Promise<VendorRun> => runAtVendor(simulator, vendor, job, inputs, options);
  return Object.assign(run, { simulator: () => simulator });
}

/** Creates a job at a vendor that `simulator` plays, and runs the bundle for it. */
export async function runAtVendor(
  simulator: Simulator,
  vendor: string,
  job: Omit<Script, 'vendor'> | undefined,
  inputs: Texts,
  options: Parameters<typeof runAction>[1] = {},
): Promise<VendorRun> {
  const id = job === undefined ? 'no-such-job' : simulator.createJob({ vendor, ...job });
  const before = simulator.requests.length;
  const run = await runAction(
    {
      provider: vendor,
      'request-id': id,
      'base-url': simulator.url,
      token: 'simulator-token',
      timeout: '20s',
      interval: '0.05s',
      ...questionInputs[vendor],
      ...inputs,
    },
    { secrets: () => simulator.tokens(), ...options },
  );
  const recorded = simulator.requests.slice(before);
  const logIns = recorded.filter(({ isLogIn }) => isLogIn);
  const questions = recorded.filter(({ isLogIn }) => !isLogIn);
  return {
    ...run,
    id,
    requests: questions.map(requestOf),
    times: questions.map(({ atMs }) => atMs),
    logIns: logIns.map(requestOf),
    logInTimes: logIns.map(({ atMs }) => atMs),
    ports: new Set(questions.map(({ port }) => port)),
  };
}

const requestOf = ({ method, url, headers, body }: Recorded): Request => ({
  line: `${method} ${url.pathname}${url.search}`,
  headers,
  body,
});

/** The steps of a job that goes through `words`, one question each; the last word stays. */
export const words = (...all: string[]) => all.map((word) => ({ word, forQuestions: 1 }));

/** The status words in the order in which the log reports them, the last one in its end. */
export const wordsInLog = (log: string): string[] =>
  [...log.matchAll(/^ +[\d.]+m?s {2}(?:([A-Za-z_, ]+)|.*the vendor says “(.*?)”.*)$/gm)].map(
    ([, word, last]) => word ?? last ?? '',
  );
