import { expect, test } from '@jest/globals';
import { readInputs } from '../../../src/inputs/read-inputs.js';
import { createSecrets } from '../../../src/text/secrets.js';
import { awsEnvironment } from '../../support/aws-signature.js';

const good = {
  provider: 'http',
  'request-id': 'job-1',
  url: 'https://athena.eu-west-1.amazonaws.com/',
  'aws-region': 'eu-west-1',
  'aws-service': 'athena',
};

function read(
  changes: Record<string, string> = {},
  environment: Record<string, string> = awsEnvironment,
  mask: (secret: string) => void = () => undefined,
) {
  const texts: Record<string, string> = { ...good, ...changes };
  const secrets = createSecrets(mask);
  return readInputs((name) => texts[name] ?? '', { secrets, environment, nowMs: Date.now() });
}

test('requests are signed for a region and a service with the credentials of the environment', () => {
  expect(read().aws).toEqual({
    region: 'eu-west-1',
    service: 'athena',
    credentials: {
      accessKeyId: awsEnvironment.AWS_ACCESS_KEY_ID,
      secretAccessKey: awsEnvironment.AWS_SECRET_ACCESS_KEY,
      sessionToken: awsEnvironment.AWS_SESSION_TOKEN,
    },
  });
});

test('a line break behind a key is no part of it', () => {
  const key = `${awsEnvironment.AWS_SECRET_ACCESS_KEY}\n`;
  const { aws } = read({}, { ...awsEnvironment, AWS_SECRET_ACCESS_KEY: key });
  expect(aws?.credentials.secretAccessKey).toBe(awsEnvironment.AWS_SECRET_ACCESS_KEY);
});

const NO_SIGNING = { 'aws-region': '', 'aws-service': '' };

test('credentials in the environment sign nothing that is not to be signed, and are not masked for it', () => {
  const masked: string[] = [];
  const { aws } = read(NO_SIGNING, awsEnvironment, (secret) => masked.push(secret));
  expect(aws).toBeUndefined();
  expect(masked).toEqual([]);
});

test('the secret key and the session token are masked first, whatever else is wrong', () => {
  const masked: string[] = [];
  expect(() =>
    read({ 'aws-service': '', url: '' }, awsEnvironment, (secret) => masked.push(secret)),
  ).toThrow();
  expect(masked).toContain(awsEnvironment.AWS_SECRET_ACCESS_KEY);
  expect(masked).toContain(awsEnvironment.AWS_SESSION_TOKEN);
  expect(masked).not.toContain(awsEnvironment.AWS_ACCESS_KEY_ID);
});

test.each([
  [{ 'aws-region': '' }, '`aws-region` and `aws-service` go together'],
  [{ 'aws-service': '' }, '`aws-region` and `aws-service` go together'],
  [
    { 'aws-region': 'eu-west-1\r\nX-A: 1' },
    '`aws-region` “eu-west-1 X-A: 1” is no name at AWS; write it like eu-west-1 or codebuild',
  ],
  [{ 'aws-service': 'a/b' }, '`aws-service` “a/b” is no name at AWS'],
  [{ provider: 'unicommerce', token: 'a-token' }, '`aws-region` is for `provider` http alone'],
  [{ token: 'a-token' }, '`aws-region` and `token` are two ways'],
  [{ username: 'a', password: 'a-password' }, '`aws-region` and `password` are two ways'],
  [
    { 'client-id': 'a', 'client-secret': 'a-secret', 'token-url': 'https://a.example/token' },
    '`aws-region` and `client-secret` are two ways',
  ],
  [
    { 'oidc-audience': 'a', 'token-url': 'https://a.example/token' },
    '`aws-region` and `oidc-audience` are two ways',
  ],
  [
    { headers: 'X-A: 1\nauthorization: Basic abc-def' },
    '`aws-region` signs each request, which sets authorization; leave it out of `headers`',
  ],
  [
    { 'report-headers': 'X-Amz-Security-Token: abc-def' },
    '`aws-region` signs each request, which sets X-Amz-Security-Token; leave it out of `report-headers`',
  ],
])('%j is a bad input', (changes, message) => {
  expect(() => read(changes as Record<string, string>)).toThrow(message);
});

test.each([
  [{}, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
  [{ ...awsEnvironment, AWS_SECRET_ACCESS_KEY: '' }, 'AWS_SECRET_ACCESS_KEY'],
  [{ ...awsEnvironment, AWS_SECRET_ACCESS_KEY: 'null' }, 'AWS_SECRET_ACCESS_KEY'],
  [{ ...awsEnvironment, AWS_SESSION_TOKEN: 'a\nb-c' }, 'AWS_SESSION_TOKEN'],
])(
  'without usable credentials (%j) the message says which action gives them',
  (environment, names) => {
    expect(() => read({}, environment)).toThrow(
      `\`aws-region\` needs credentials in the environment, and there is no usable ${names}; run aws-actions/configure-aws-credentials in a step before this one`,
    );
  },
);
