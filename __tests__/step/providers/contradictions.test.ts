import { describe, expect, test } from '@jest/globals';
import { providerTest } from '../../support/provider.js';

const id = 'job-1';

/** Responses in which one part says success and another does not. */
const bodies: Readonly<Record<string, readonly unknown[]>> = {
  os1: [
    { data: { status: 'completed', failed: 9, success: 1, total: 10 } },
    { data: { status: 'completed', errors: ['row 3 is bad'] } },
    { errors: [{ reason: 'x' }], data: { status: 'completed' } },
    { error: 'boom', data: { status: 'completed' } },
    { data: { status: 'completed', error: { code: 'x', description: 'boom' } } },
    { success: false, data: { status: 'completed' } },
    { data: { status: 'failed', meta: { status: 'completed' } } },
  ],
  safetychain: [
    { Status: true, RequestId: 'zz', Data: { RequestStatus: 'Successful' } },
    {
      Status: true,
      RequestStatus: 'Failure',
      Data: { RequestId: id, RequestStatus: 'Successful' },
    },
    [
      { RequestId: id, RequestStatus: 'Successful', Status: true },
      { RequestId: id, RequestStatus: 'Failure', Status: true },
    ],
    { RequestId: id, RequestStatus: 'Successful', Status: 0 },
  ],
  flolive: [
    { errorCode: '', errorMessage: 'boom', content: [{ status: 'SUCCESS', requestId: '1' }] },
    { errorCode: '', content: [{ status: 'SUCCESS', requestId: '1', errorCode: 'X1' }] },
  ],
  sei: [
    { status: 'completed', error: { message: 'x' } },
    { status: 'completed', errorMessage: 'x' },
  ],
  unicommerce: [{ status: 'COMPLETE', successful: true, filePath: '/a.csv', error: 'boom' }],
};

describe.each(Object.entries(bodies))('%s', (provider, list) => {
  const run = providerTest(provider);
  test.each(list.map((body) => [JSON.stringify(body), body]))(
    'is not green: %s',
    async (_, body) => {
      const steps = [{ reply: { status: 200, body } }];
      const { exitCode, outputs } = await run({ id, steps }, { timeout: '0' });
      expect(exitCode).toBe(1);
      expect(outputs.status).not.toBe('Successful');
      expect(outputs.message).not.toBe('');
    },
  );
});

describe('what says nothing against a success', () => {
  const run = providerTest('unicommerce');
  test('an object of errors that is empty is none', async () => {
    const body = { status: 'COMPLETE', successful: true, filePath: '/a.csv', errors: {} };
    const { exitCode } = await run({ id, steps: [{ reply: { status: 200, body } }] });
    expect(exitCode).toBe(0);
  });
});
