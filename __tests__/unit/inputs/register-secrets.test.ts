import { describe, expect, test } from '@jest/globals';
import { createReader } from '../../../src/inputs/reader.js';
import { checkSecrets, registerSecrets } from '../../../src/inputs/register-secrets.js';
import { createSecrets } from '../../../src/text/secrets.js';

type Texts = Readonly<Record<string, string>>;

/** What is hidden, and what the runner is told to mask, once these inputs are read. */
function register(inputs: Texts) {
  const masked: string[] = [];
  const secrets = createSecrets((value) => masked.push(value));
  registerSecrets((name) => inputs[name] ?? '', {}, secrets);
  return { ...secrets, masked };
}

const problemsOf = (inputs: Texts) => {
  const reader = createReader((name) => inputs[name] ?? '');
  checkSecrets(reader, {});
  return reader.problems;
};

describe('a token is hidden bare', () => {
  test.each([
    ...['Bearer Zk3-Xw9-Qv7', 'bearer  Zk3-Xw9-Qv7', 'Basic Zk3-Xw9-Qv7', 'Token Zk3-Xw9-Qv7'],
    ...['"Zk3-Xw9-Qv7"', "'Zk3-Xw9-Qv7'", 'Bearer "Zk3-Xw9-Qv7"', 'Bearer Bearer Zk3-Xw9-Qv7'],
  ])('where it is given as %s', (token) => {
    for (const name of ['token', 'password', 'client-secret', 'app-key']) {
      const { redact, masked } = register({ [name]: token });
      expect(redact('<Zk3-Xw9-Qv7>')).toBe('<***>');
      expect(redact(`<${token}>`)).toBe('<***>');
      expect(masked).toContain('Zk3-Xw9-Qv7');
    }
  });

  test.each(['Bearer', 'bearer', 'Basic', 'Token', 'null', '***'])(
    'and “%s” alone is none',
    (token) => {
      const { masked } = register({ token, headers: `Authorization: ${token}` });
      expect(masked).toEqual([]);
    },
  );
});

describe('a value in headers is hidden', () => {
  const NAMES = [
    ...['Authorization', 'X-Auth', 'X-Password', 'X-Pass', 'Session', 'X-Session-Id', 'Signature'],
    ...['X-Amz-Signed', 'X-Credential', 'X-Sid', 'SID', 'Api-Key', 'x-api-key', 'PRIVATE-TOKEN'],
    ...['X-Secret', 'Cookie', 'X-Csrf-Token', 'Ocp-Apim-Subscription-Key'],
  ];

  test.each(NAMES)('where its name is %s', (name) => {
    for (const input of ['headers', 'report-headers']) {
      const { redact } = register({ [input]: `Accept: text/csv\n${name}: Zk3-Xw9-Qv7` });
      expect(redact('<Zk3-Xw9-Qv7>')).toBe('<***>');
      expect(redact('text/csv')).toBe('text/csv');
    }
  });

  test.each(['Accept', 'Content-Type', 'X-Tenant', 'User-Agent', 'X-Request-Id', 'Prefer'])(
    'and not where its name is %s',
    (name) => {
      expect(register({ headers: `${name}: Zk3-Xw9-Qv7` }).redact('Zk3-Xw9-Qv7')).toBe(
        'Zk3-Xw9-Qv7',
      );
    },
  );

  test.each([
    ['behind a scheme', 'Authorization: Bearer Zk3-Xw9-Qv7'],
    ['behind a scheme of its own', 'Authorization: SharedKey Zk3-Xw9-Qv7'],
    ['in quotes', 'X-Api-Key: "Zk3-Xw9-Qv7"'],
    ['as a cookie among others', 'Cookie: lang=en; sid=Zk3-Xw9-Qv7; theme=dark'],
    ['as a parameter', 'Authorization: Digest username="me", response="Zk3-Xw9-Qv7"'],
    ['without a blank behind the colon', 'X-Api-Key:Zk3-Xw9-Qv7'],
    ['with a colon inside', 'X-Api-Key: Zk3-Xw9-Qv7'],
  ])('%s', (_, headers) => {
    expect(register({ headers }).redact('<Zk3-Xw9-Qv7>')).toBe('<***>');
  });
});

test('pairs are hidden as they travel, and names of users are not', () => {
  const { redact } = register({
    username: 'jenkins',
    password: 'p@ss word',
    'client-id': 'my id',
    'client-secret': 'its secret',
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  for (const pair of ['jenkins:p@ss word', 'my id:its secret', 'my%20id:its%20secret']) {
    expect(redact(`<${pair}>`)).toBe('<***>');
    expect(redact(`<${base64(pair)}>`)).toBe('<***>');
  }
  expect(redact('jenkins and my id')).toBe('jenkins and my id');
});

test.each(['\n', '\\n', '\r\n'])('PEM whose lines end in %j is hidden by its lines', (end) => {
  const pem = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkq', '-----END PRIVATE KEY-----'].join(
    end,
  );
  for (const name of [
    'client-key',
    'private-key',
    'client-certificate',
    'ca-certificate',
    'password',
  ]) {
    expect(register({ [name]: pem }).redact('<MIIEvQIBADANBgkq>')).toBe('<***>');
  }
});

describe('more than 16 KiB', () => {
  const long = `${'x1Y2'.repeat(4096)}z`;

  test.each(['token', 'password', 'client-secret', 'app-key'])(
    'in %s is a problem that shows none of it',
    (name) => {
      expect(problemsOf({ [name]: long })).toEqual([
        `\`${name}\` has over 16 KiB, more than a header can carry; is it the right secret?`,
      ]);
      expect(problemsOf({ [name]: long.slice(1) })).toEqual([]);
    },
  );

  test('is not looked for, and is no reason to break off', () => {
    const { masked } = register({ token: long, headers: `X-Api-Key: ${long}` });
    expect(masked).toEqual([]);
  });

  test('of PEM is taken', () => {
    const block = `-----BEGIN CERTIFICATE-----\n${'MIIEvQIBADANBgkq\n'.repeat(40)}-----END CERTIFICATE-----\n`;
    const chain = block.repeat(40);
    expect(chain.length).toBeGreaterThan(16_384);
    expect(problemsOf({ 'ca-certificate': chain })).toEqual([]);
    expect(register({ 'ca-certificate': chain }).redact('<MIIEvQIBADANBgkq>')).toBe('<***>');
  });
});
