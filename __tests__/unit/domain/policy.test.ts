import { describe, expect, test } from '@jest/globals';
import type { Change, JobState, Outcome } from '../../../src/domain/job.js';
import { abandonsJob, failsStep, type Policy } from '../../../src/domain/policy.js';
import { outcome } from '../../support/outcome.js';

const strict: Policy = { onTimeout: 'fail', onPartialSuccess: 'fail', timeoutMs: 60_000 };
const lenientOnTimeout: Policy = { ...strict, onTimeout: 'continue' };
const lenientOnPartialSuccess: Policy = { ...strict, onPartialSuccess: 'continue' };

type Row = [name: string, outcome: Partial<Outcome>, policy: Policy, expected: boolean];

const partial: Partial<Outcome> = { status: 'PartialSuccess', reason: 'partial-success' };
const timedOut: Partial<Outcome> = { status: 'Pending', reason: 'timed-out', timedOut: true };
const unreachable: Partial<Outcome> = { status: 'Error', reason: 'unreachable', timedOut: true };
const cancelled: Partial<Outcome> = { status: 'Pending', reason: 'cancelled' };
const failed: Partial<Outcome> = { status: 'Failure', reason: 'job-failed' };

describe('whether the step fails', () => {
  test.each<Row>([
    ['a success', {}, strict, false],
    ['a failed job', failed, lenientOnTimeout, true],
    ['a partial success', partial, strict, true],
    ['a partial success that is let pass', partial, lenientOnPartialSuccess, false],
    ['a partial success where timeouts are let pass', partial, lenientOnTimeout, true],
    ['a job that ran out of time', timedOut, strict, true],
    ['a job that ran out of time and is let pass', timedOut, lenientOnTimeout, false],
    ['a timeout where partial success is let pass', timedOut, lenientOnPartialSuccess, true],
    ['a timeout without one useful response', unreachable, lenientOnTimeout, true],
    ['a job whose step was cancelled', cancelled, lenientOnTimeout, true],
  ])('%s', (_, changes, policy, expected) => {
    expect(failsStep(outcome(changes), policy)).toBe(expected);
  });
});

/** What was seen of a job that was in these states. */
const seen = (...states: readonly JobState[]): { changes: Change[] } => ({
  changes: states.map((state, index) => ({ state, providerStatus: state, elapsedMs: index })),
});
const stuck: Partial<Outcome> = { status: 'Pending', reason: 'stuck-in-queue' };

describe('whether the provider is told to cancel the job', () => {
  test.each<Row>([
    ['a job that goes on while the step is cancelled', cancelled, strict, true],
    ['a job that has not ended yet', { ...cancelled, ...seen('pending', 'unknown') }, strict, true],
    ['a success without its link', { ...cancelled, ...seen('successful') }, strict, false],
    ['a job that has ended', { ...cancelled, ...seen('pending', 'failed') }, strict, false],
    ['a job that is stuck in its queue', stuck, lenientOnTimeout, true],
    ['a job that ran out of time', timedOut, strict, true],
    ['a job that was never seen before time ran out', unreachable, strict, true],
    ['a timeout that is let pass', timedOut, lenientOnTimeout, false],
    ['a job that was only looked at', timedOut, { ...strict, timeoutMs: 0 }, false],
    ['a status that could not be read', { ...unreachable, timedOut: false }, strict, false],
  ])('%s', (_, changes, policy, expected) => {
    expect(abandonsJob(outcome(changes), policy)).toBe(expected);
  });
});
