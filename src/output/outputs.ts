import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@actions/core';
import { worstOf, type Outcome } from '../domain/job.ts';
import type { WaitResult } from '../wait/wait-for-jobs.ts';
import type { Sanitizer } from '../text/sanitizer.ts';

/** Most of a response that the output `response` holds. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Most of any other text in an output. */
const MAX_LINE_LENGTH = 8 * 1024;

/** Every output of action.yml; with several jobs the single values hold one line per job. */
export function toOutputs(
  { outcomes, response }: WaitResult,
  sanitizer: Sanitizer,
): Record<string, string> {
  const worst = worstOf(outcomes);
  const jobs = outcomes.map((outcome) => toJobOutput(outcome, sanitizer));
  const lines = (name: 'batchId' | 'filePath' | 'providerStatus' | 'message') =>
    jobs.map((job) => job[name]).join('\n');
  // A job with several files has several lines; one without a file has an empty line.
  const files = jobs.flatMap((job): readonly FileLine[] => job.files ?? [NO_FILE]);
  const fileLines = (name: keyof FileLine) => files.map((file) => file[name]).join('\n');
  return {
    status: worst?.status ?? 'Error',
    batchId: lines('batchId'),
    filePath: lines('filePath'),
    providerStatus: lines('providerStatus'),
    message: lines('message'),
    reason: worst?.reason ?? '',
    timedOut: String(outcomes.some(({ timedOut }) => timedOut)),
    reportFile: fileLines('reportFile'),
    reportBytes: fileLines('bytes'),
    reportSha256: fileLines('sha256'),
    jobs: JSON.stringify(jobs),
    response: cut(sanitizer.json(response)),
  };
}

/** One line of each output about files. */
interface FileLine {
  readonly reportFile: string;
  readonly bytes: number | '';
  readonly sha256: string;
}

const NO_FILE: FileLine = { reportFile: '', bytes: '', sha256: '' };

/** One object of the output `jobs`. */
function toJobOutput(outcome: Outcome, sanitizer: Sanitizer) {
  const { reportFiles = [], filePaths = [outcome.filePath] } = outcome;
  const files = reportFiles.map(({ path, bytes, sha256 }, index) => ({
    filePath: sanitizer.link(filePaths[index] ?? ''),
    reportFile: path,
    bytes,
    sha256,
  }));
  return {
    requestId: sanitizer.redact(outcome.requestId),
    status: outcome.status,
    reason: outcome.reason,
    providerStatus: sanitizer.line(outcome.providerStatus, MAX_LINE_LENGTH),
    batchId: sanitizer.link(outcome.batchId),
    filePath: sanitizer.link(outcome.filePath),
    message: sanitizer.line(outcome.message, MAX_LINE_LENGTH),
    timedOut: outcome.timedOut,
    polls: outcome.polls,
    elapsedSeconds: Math.round(outcome.elapsedMs / 100) / 10,
    reportFile: files[0]?.reportFile ?? '',
    // Only where reports were downloaded.
    ...(files.length > 0 && { files }),
  };
}

/**
 * Writes the output `jobs` into a file too, since an environment variable holds no more than 128 KiB; gives
 * its path, or '' where it could not be written.
 */
export function writeJobsFile(jobs: string, { RUNNER_TEMP }: NodeJS.ProcessEnv): string {
  const file = join(RUNNER_TEMP ?? tmpdir(), `await-job-${randomUUID()}.json`);
  try {
    writeFileSync(file, jobs, { flag: 'wx', mode: 0o600 });
    return file;
  } catch (error) {
    core.warning(`The file of jobs could not be written: ${String(error)}`);
    return '';
  }
}

/** Cuts text to what `response` may hold, between two characters. */
const cut = (text: string): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_RESPONSE_BYTES), { stream: true });
