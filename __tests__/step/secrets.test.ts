import { expect, test } from '@jest/globals';
import { runAction } from '../support/action.js';
import { apiServer, done } from '../support/api-server.js';
import { loginInputsAt, providerTest } from '../support/provider.js';
import { account } from '../../simulator/simulator.js';

/** What is masked and what is refused as a secret, through the bundle. */
const { run, lines } = apiServer();

const base64 = (text: string) => Buffer.from(text).toString('base64');
const masked = (stdout: string) =>
  [...stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, value]) => value);

const uniware = providerTest('unicommerce');

test('a user name is not masked, and the pair with its password is, also in Base64', async () => {
  const { exitCode, stdout, logins } = await uniware(
    { steps: [{ status: 'COMPLETE', filePath: '/jenkins/a.csv' }] },
    { token: '', ...loginInputsAt(uniware.simulator().url, 'unicommerce') },
  );
  expect(exitCode).toBe(0);
  expect(logins).toHaveLength(1);
  expect(masked(stdout)).not.toContain(account.username);
  expect(masked(stdout)).not.toContain(base64(account.username));
  expect(masked(stdout)).toContain(account.password);
  expect(masked(stdout)).toContain(`${account.username}:${account.password}`);
  expect(masked(stdout)).toContain(base64(`${account.username}:${account.password}`));
});

test('a user name stands unharmed in every output, so that no job output is dropped for it', async () => {
  const { exitCode, outputs, stdout, log } = await run(
    { username: 'jenkins', password: 'some-password', 'file-path-query': 'link' },
    [{ body: { status: 'done', link: 'https://a.example/jenkins/a.csv' } }],
  );
  expect(exitCode).toBe(0);
  expect(outputs.filePath).toBe('https://a.example/jenkins/a.csv');
  expect(outputs.jobs).toContain('jenkins');
  expect(masked(stdout)).toContain(base64('jenkins:some-password'));
  expect(masked(stdout)).not.toContain('jenkins');
  expect(log).not.toContain('***');
});

test('a client id is not masked, and the pairs with its secret are, as a login sends them', async () => {
  const { stdout } = await runAction({
    provider: 'os1',
    'client-id': 'spec ial',
    'client-secret': 'its secret',
  });
  expect(masked(stdout)).not.toContain('spec ial');
  expect(masked(stdout)).not.toContain(base64('spec ial'));
  for (const pair of ['spec ial:its secret', 'spec%20ial:its%20secret']) {
    expect(masked(stdout)).toContain(base64(pair));
  }
});

test('a key that is sent as a user name without a password is a secret', async () => {
  const { exitCode, stdout } = await run({ username: 'sk-some-key' }, [done], {
    secrets: () => ['sk-some-key'],
  });
  expect(exitCode).toBe(0);
  expect(masked(stdout)).toContain('sk-some-key');
  expect(masked(stdout)).toContain(base64('sk-some-key:'));
});

const secretInputs = ['token', 'password', 'client-secret', 'app-key'];

test.each(
  secretInputs.flatMap((name) => [
    [name, 'a', `\`${name}\` has only 1 character; is \`${name}\` really set to its value?`],
    [name, 'abc', `\`${name}\` has only 3 characters; is \`${name}\` really set to its value?`],
  ]),
)('%s of “%s” is too short to be one', async (name, value, message) => {
  // It is a part of other words, so it cannot be looked for as a secret.
  const { exitCode, log, stdout, outputs } = await run({}, [done], {
    env: { [`INPUT_${name.toUpperCase()}`]: value },
  });
  expect(exitCode).toBe(1);
  expect(log).toContain(message);
  expect(masked(stdout)).not.toContain(value);
  expect(outputs).toMatchObject({ status: 'Error', reason: 'bad-input' });
  expect(lines()).toEqual([]);
});

test.each(
  secretInputs.flatMap((name) =>
    ['null', 'undefined', 'NULL', '***'].map((value) => [name, value] as const),
  ),
)('%s of “%s” stands for nothing, and is not masked in all later steps', async (name, value) => {
  const { exitCode, log, stdout, outputs } = await run({}, [done], {
    env: { [`INPUT_${name.toUpperCase()}`]: value },
  });
  expect(exitCode).toBe(1);
  expect(log).toContain(
    `\`${name}\` is a placeholder and no secret; is \`${name}\` really set to its value?`,
  );
  expect(masked(stdout).filter((text) => text?.includes(value))).toEqual([]);
  expect(outputs.reason).toBe('bad-input');
  expect(lines()).toEqual([]);
});

test.each([...secretInputs, 'private-key', 'ca-certificate'])(
  '%s of blanks alone is refused',
  async (name) => {
    const { exitCode, log, outputs } = await run({}, [done], {
      env: { [`INPUT_${name.toUpperCase()}`]: ' \n\t ' },
    });
    expect(exitCode).toBe(1);
    expect(log).toContain(`\`${name}\` is only blanks; is \`${name}\` really set to its value?`);
    expect(outputs.reason).toBe('bad-input');
    expect(lines()).toEqual([]);
  },
);

test.each(secretInputs)('%s of more than 16 KiB is refused', async (name) => {
  const secret = 'x1y2'.repeat(4096);
  const { exitCode, log, outputs } = await run({ [name]: `${secret}z` });
  expect(exitCode).toBe(1);
  expect(log).toContain(
    `\`${name}\` has over 16 KiB, more than a header can carry; is it the right secret?`,
  );
  expect(outputs.reason).toBe('bad-input');
  expect(lines()).toEqual([]);
});

test('a token of 4 characters, and one of 16 KiB, are taken', async () => {
  expect((await run({ token: 'q7#Z' })).exitCode).toBe(0);
  const long = await run({ token: 'x1y2'.repeat(4096) });
  expect(long.log).not.toContain('16 KiB');
  expect(lines()).toHaveLength(1);
});
