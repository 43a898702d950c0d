import * as core from '@actions/core';
import type { JobStatus, Reason } from '../domain/job.ts';

const MESSAGE =
  'Await Job broke off, and what it would have reported could not be written; run the step again with debug logging';

/** What later steps read where nothing is known. */
const OUTPUTS: Readonly<Record<string, string>> = {
  status: 'Error' satisfies JobStatus,
  reason: 'bad-response' satisfies Reason,
  message: MESSAGE,
  timedOut: 'false',
  jobs: '[]',
  ...Object.fromEntries(
    [
      'requestId',
      'batchId',
      'filePath',
      'link',
      'providerStatus',
      'reportFile',
      'reportBytes',
      'reportSha256',
    ]
      .concat(['jobsFile', 'response'])
      .map((name) => [name, '']),
  ),
};

/**
 * Fails the step with a fixed text and fixed outputs, where even the report of an error could not be written.
 * What was thrown is not shown: it may hold a secret. Never throws.
 */
export function reportLastResort(): void {
  process.exitCode = core.ExitCode.Failure;
  attempt(() => {
    core.error(MESSAGE);
  });
  for (const [name, value] of Object.entries(OUTPUTS)) {
    attempt(() => {
      core.setOutput(name, value);
    });
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing is left that could be told, and nobody to tell it.
  }
}
