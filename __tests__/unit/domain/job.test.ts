import { expect, test } from '@jest/globals';
import { worstOf, type JobStatus, type Outcome } from '../../../src/domain/job.js';

test('several jobs are as bad as the worst: Error, Failure, PartialSuccess, Pending, Successful', () => {
  const order: JobStatus[] = ['Successful', 'Pending', 'PartialSuccess', 'Failure', 'Error'];
  for (let n = 1; n <= order.length; n++) {
    const outcomes = order.slice(0, n).map((status) => ({ status }) as Outcome);
    expect(worstOf(outcomes)?.status).toBe(order[n - 1]);
    expect(worstOf(outcomes.toReversed())?.status).toBe(order[n - 1]);
  }
});
