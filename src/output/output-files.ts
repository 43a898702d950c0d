import { appendFileSync, writeFileSync } from 'node:fs';
import { EOL, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';

/**
 * Writes the outputs for later steps, all at once: `core.setOutput` opens the file anew for each.
 *
 * @param allJobs JSON for the file that `jobsFile` names
 * @throws Error where they cannot be written
 */
export function writeOutputs(
  outputs: Readonly<Record<string, string>>,
  allJobs: string,
  environment: NodeJS.ProcessEnv,
): void {
  const all = { jobsFile: writeJobsFile(allJobs, environment), ...outputs };
  const { GITHUB_OUTPUT = '' } = environment;
  if (GITHUB_OUTPUT !== '') appendFileSync(GITHUB_OUTPUT, formatOutputs(all));
  else for (const [name, value] of Object.entries(all)) core.setOutput(name, value);
}

/**
 * Outputs as the runner reads them: the name and a delimiter, the value, and a line with the delimiter again. It is no
 * line of any value, so that none can end early and forge an output.
 */
export function formatOutputs(outputs: Readonly<Record<string, string>>): string {
  const lines = new Set(Object.values(outputs).flatMap((value) => value.split(/[\r\n]/)));
  let number = 0;
  while (lines.has(`ghadelimiter_${number}`)) number += 1;
  const delimiter = `ghadelimiter_${number}`;
  return Object.entries(outputs)
    .map(([name, value]) => [`${name}<<${delimiter}`, value, delimiter, ''].join(EOL))
    .join('');
}

/**
 * Writes the output `jobs` into a file too, since an environment variable holds no more than 128 KiB; gives
 * its path, or '' where it could not be written.
 */
function writeJobsFile(jobs: string, { RUNNER_TEMP }: NodeJS.ProcessEnv): string {
  // No other process of this machine has the same id at the same time.
  const name = `await-job-${process.pid}-${process.hrtime.bigint()}.json`;
  const file = join(RUNNER_TEMP ?? tmpdir(), name);
  try {
    writeFileSync(file, jobs, { flag: 'wx', mode: 0o600 });
    return file;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    core.warning(`The file of jobs could not be written in RUNNER_TEMP: ${code}`);
    return '';
  }
}
