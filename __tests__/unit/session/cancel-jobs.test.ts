import { expect, test } from '@jest/globals';
import { cancelJobs } from '../../../src/session/cancel-jobs.js';
import { virtualClock } from '../../support/clock.js';

test('a job that cannot be cancelled for want of a token is told of, and nothing is thrown', async () => {
  const told: string[] = [];
  const nothingIsSent = () => Promise.reject(new Error('nothing is sent'));
  await cancelJobs(
    ['job-1'],
    () => ({ method: 'POST', url: new URL('https://acme.example/cancel') }),
    {
      session: { access: () => Promise.reject(new Error('the login was refused')) },
      transport: { send: nothingIsSent, stream: nothingIsSent },
      clock: virtualClock(),
      onCancelResult: (requestId, result) => told.push(`${requestId}: ${result}`),
    },
  );
  expect(told).toEqual([
    'job-1: the provider could not be asked to cancel the job: the login was refused',
  ]);
});
