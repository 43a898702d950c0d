import { bySeverity, type Outcome } from '../domain/job.ts';
import { adviceFor, type AdviceContext } from './advice.ts';
import { describeFailure, MAX_SUBJECT_LENGTH, type ToLine } from './messages.ts';

/** Jobs that failed in the same way. */
export interface Failure {
  readonly outcomes: readonly Outcome[];
  /** Provider and jobs, which an annotation shows above its text. */
  readonly title: string;
  /** The cause, and what to do next. */
  readonly text: string;
}

/** What failures are described with. */
export interface FailureContext {
  /** The provider as people call it. */
  readonly title: string;
  readonly advice: AdviceContext;
  readonly toLine: ToLine;
}

/** How many ids of equal failures are named. */
const MAX_NAMED = 3;

/** Groups the jobs that failed in the same way, the worst first. */
export function describeFailures(
  failed: readonly Outcome[],
  context: FailureContext,
): readonly Failure[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of failed.toSorted(bySeverity)) {
    const { reason, message, providerStatus } = outcome;
    // The messages of jobs that ran out of time differ in how often they were polled.
    const said = reason === 'timed-out' && outcome.status === 'Pending' ? '' : message;
    const key = JSON.stringify([reason, said, providerStatus]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [outcome]);
    else group.push(outcome);
  }
  return [...groups.values()].map((outcomes) => describeGroup(outcomes, context));
}

function describeGroup(outcomes: readonly Outcome[], context: FailureContext): Failure {
  const { title, advice, toLine } = context;
  const [first] = outcomes as readonly [Outcome, ...Outcome[]];
  const name = nameJobs(outcomes, toLine);
  const subject = shortenName(name, outcomes.length);
  const cause = describeFailure(first, { subject, count: outcomes.length }, title, toLine);
  const isNamed = cause.toLowerCase().includes(subject.toLowerCase()) || advice.jobs === 1;
  const sentence = isNamed ? cause : `${subject}: ${cause}`;
  // It may name keys of a response.
  const next = toLine(adviceFor(first, advice));
  return {
    outcomes,
    title: `${title}: ${name}`,
    text: next === '' ? sentence : `${sentence}. ${next}`,
  };
}

/** Of a long name, the id of one job is cut, and those of several are left out. */
function shortenName(name: string, count: number): string {
  if (name.length <= MAX_SUBJECT_LENGTH) return name;
  return count > 1 ? `${count} jobs` : `${name.slice(0, MAX_SUBJECT_LENGTH).toWellFormed()}…`;
}

/** The jobs by their ids: `job a`, or `5 jobs (a, b, c and 2 more)`. */
function nameJobs(outcomes: readonly Outcome[], toLine: ToLine): string {
  const names = outcomes.slice(0, MAX_NAMED).map(({ requestId }) => toLine(requestId));
  // The id of a job that could not be started is not known.
  if (outcomes.length === 1) return names.join() === '' ? 'the job' : `job ${names.join()}`;
  const more = outcomes.length - names.length;
  return `${outcomes.length} jobs (${names.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}

/** Most jobs of which the end is listed once more. */
const MAX_LISTED = 2000;

/** In one piece: a write for each of thousands of lines takes longer than the runner may wait. */
export function listEnds(
  outcomes: readonly Outcome[],
  toLine: ToLine,
  describe: (outcome: Outcome) => string,
): string {
  const lines = outcomes
    .slice(0, MAX_LISTED)
    .map((outcome) => `${toLine(outcome.requestId)}: ${describe(outcome)}`);
  const more = outcomes.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more; see the output jobsFile`);
  return lines.join('\n');
}
