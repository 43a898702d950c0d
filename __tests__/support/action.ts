import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { EOL } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isWindows, makeFolder, removeFolder } from './system.js';

/** The action.yml of this repository, as the runner reads it. */
export interface ActionFile {
  readonly inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: { using: string; main: string };
}

export const root = join(import.meta.dirname, '..', '..');
export const actionFile = parse(await readFile(join(root, 'action.yml'), 'utf8')) as ActionFile;

/** What a run of the step left behind. */
export interface Run {
  readonly exitCode: number | null;
  /** What people see: standard output without the lines that only the runner reads. */
  readonly log: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Content of the file that the output `jobsFile` names. */
  readonly jobsFileText: string;
  readonly ms: number;
}

/** One entry of the output `jobs`. */
export interface JobOutput {
  readonly requestId: string;
  readonly status: string;
  readonly reason: string;
  readonly providerStatus: string;
  readonly batchId: string;
  readonly filePath: string;
  readonly message: string;
  readonly timedOut: boolean;
  readonly polls: number;
  readonly elapsedSeconds: number;
  readonly reportFile: string;
}

export const jobsOf = ({ outputs }: Pick<Run, 'outputs'>): JobOutput[] =>
  JSON.parse(outputs.jobs ?? '') as JobOutput[];

/**
 * Runs the bundle as the runner does: inputs and their defaults in the environment, outputs and
 * summary in files.
 *
 * Throws if a secret input, or one of `options.secrets`, can be found in anything that the run wrote.
 *
 * @param options.onLog is called with the log so far and a way to end the process, each time it grows
 */
export async function runAction(
  inputs: Readonly<Record<string, string>>,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly secrets?: () => readonly string[];
    /** Most that a file may grow to, as a quota of the system. */
    readonly maxFileKib?: number;
    /** Whether nobody reads what it writes to standard output. */
    readonly closesStdout?: boolean;
    readonly onLog?: (log: string, kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Run> {
  const folder = await makeFolder('run');
  const files = ['output', 'summary', 'state', 'env'].map((name) => join(folder, name));
  await Promise.all(files.map((file) => writeFile(file, '')));
  const [output = '', summary = '', state = '', environment = ''] = files;
  const startMs = performance.now();
  const node = [process.execPath, ...(isWindows ? ['--require', SIGNALS] : [])];
  const command = [...node, join(root, actionFile.runs.main)];
  const { maxFileKib } = options;
  const [program = '', ...args] =
    maxFileKib === undefined
      ? command
      : ['bash', '-c', `ulimit -f ${maxFileKib}; exec "$0" "$@"`, ...command];
  // Under a quota the file of the coverage would be cut.
  const coverage = maxFileKib === undefined ? process.env.STEP_COVERAGE : undefined;
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      TZ: process.env.TZ,
      ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_STATE: state,
      GITHUB_ENV: environment,
      RUNNER_TEMP: folder,
      ...environmentOf(inputs),
      ...options.env,
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    options.onLog?.(stdout, (signal) => {
      if (isWindows) child.stdin.write(`${signal}\n`);
      else child.kill(signal);
    });
  });
  // A child that has ended reads no more.
  child.stdin.on('error', () => undefined);
  if (options.closesStdout) child.stdout.destroy();
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const ms = performance.now() - startMs;
  stdout = stdout.replaceAll(EOL, '\n');
  const outputs = parseOutputs(await readFile(output, 'utf8'));
  const { jobsFile = '' } = outputs;
  const run = {
    exitCode,
    log: stdout.replace(/^::add-mask::.*\n/gm, ''),
    stdout,
    stderr,
    outputs,
    jobsFileText: jobsFile === '' ? '' : await readFile(jobsFile, 'utf8'),
    summary: await readFile(summary, 'utf8'),
    ms,
  };
  const written = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  await removeFolder(folder);
  const secrets = SECRETS.map((name) => inputs[name] ?? '');
  secrets.push(...(options.secrets?.() ?? []), ...pairsOf(inputs));
  findLeak([run.log, run.stderr, run.jobsFileText, ...written].join('\n'), secrets);
  return run;
}

const SIGNALS = join(import.meta.dirname, 'signals.cjs');

/** User names and client ids are no secrets; what they make together with their secret is one. */
const SECRETS = [
  ...['token', 'password', 'client-secret', 'app-key'],
  ...['client-certificate', 'client-key', 'ca-certificate', 'private-key'],
];

const pairsOf = (inputs: Readonly<Record<string, string>>): string[] =>
  [
    [inputs.username, inputs.password],
    [inputs['client-id'], inputs['client-secret']],
  ].flatMap(([name = '', secret = '']) => (secret === '' ? [] : `${name}:${secret}`));

/** Throws if `text` holds one of `secrets` as it is, URL-encoded, or in Base64; PEM line by line. */
function findLeak(text: string, secrets: readonly string[]): void {
  const lines = secrets.flatMap((secret) => secret.split('\n')).map((line) => line.trim());
  for (const secret of lines.filter((line) => line !== '' && !line.startsWith('-----'))) {
    const forms = {
      raw: secret,
      'URL-encoded': encodeURIComponent(secret),
      'form-encoded': new URLSearchParams({ s: secret }).toString().slice(2),
      Base64: Buffer.from(secret).toString('base64'),
    };
    for (const [form, value] of Object.entries(forms)) {
      if (text.includes(value)) throw new Error(`a secret was written, ${form}: ${value}\n${text}`);
    }
  }
}

function environmentOf(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const defaults = Object.entries(actionFile.inputs).map(([name, { default: value = '' }]) => [
    name,
    value,
  ]);
  const all = { ...(Object.fromEntries(defaults) as Record<string, string>), ...inputs };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/**
 * Reads the file that GITHUB_OUTPUT names, as the runner does: `name<<delimiter`, value, delimiter. Lines
 * end as the system likes it; those within a value are left as they are.
 */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split(EOL);
  while (lines.length > 1) {
    const [, name, delimiter] = /^([^<]+)<<(.+)$/.exec(lines.shift() ?? '') ?? [];
    if (name === undefined || delimiter === undefined) throw new Error(`odd output file:\n${text}`);
    const end = lines.indexOf(delimiter);
    outputs[name] = lines
      .splice(0, end + 1)
      .slice(0, end)
      .join(EOL);
  }
  return outputs;
}
