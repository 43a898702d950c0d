import { expect, test } from '@jest/globals';
import type { HttpRequest, Transport } from '../../../src/http/transport.js';
import { signRequest, withAwsSignature } from '../../../src/session/aws-signature.js';

const signing = {
  region: 'us-east-1',
  service: 'service',
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: '',
  },
};
const TIME_MS = Date.parse('2015-08-30T12:36:00Z');

/** `GET /path` at the host of the vectors. */
const requestTo = (line: string, more: Partial<HttpRequest> = {}): HttpRequest => {
  const [method = '', path = ''] = line.split(' ');
  const url = new URL(`https://example.amazonaws.com${path}`);
  return { method: method as HttpRequest['method'], url, ...more };
};

const signatureOf = ({ headers = {} }: HttpRequest) =>
  /Signature=(.*)$/.exec(headers.Authorization ?? '')?.[1];

/**
 * The vectors that AWS publishes for its own libraries, as far as a URL and our headers can hold them:
 * https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4
 */
const FORM = {
  body: 'Param1=value1',
  headers: {
    'Content-Type': 'application/x-www-form-urlencoded',
    'x-amz-content-sha256': '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e',
  },
};
test.each([
  [
    'get-vanilla',
    requestTo('GET /'),
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-vanilla-query-order-encoded',
    requestTo('GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1'),
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  ],
  [
    'get-header-value-trim',
    requestTo('GET /', { headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } }),
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'get-header-value-order',
    requestTo('GET /', { headers: { 'My-Header1': 'value4,value1,value3,value2' } }),
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'get-slashes-normalized',
    requestTo('GET //example//'),
    '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  ],
  [
    'get-unreserved',
    requestTo('GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'),
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  [
    'get-vanilla-query-unreserved',
    requestTo(
      'GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    ),
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  [
    'get-vanilla-utf8-query',
    requestTo('GET /?ሴ=bar'),
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  ],
  [
    'post-header-key-sort',
    requestTo('POST /', { headers: { 'My-Header1': 'value1' } }),
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-vanilla-query',
    requestTo('POST /?Param1=value1'),
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  ],
  [
    'post-x-www-form-urlencoded',
    requestTo('POST /', FORM),
    'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
  ],
])('the vector %s of AWS is signed as AWS signs it', (_, request, signature) => {
  expect(signatureOf(signRequest(request, signing, TIME_MS))).toBe(signature);
});

test('the vector get-vanilla-with-session-token has its token as a header, which is signed', () => {
  const sessionToken = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267';
  const credentials = { ...signing.credentials, sessionToken };
  const signed = signRequest(requestTo('GET /'), { ...signing, credentials }, TIME_MS);
  expect(signed.headers).toMatchObject({ 'X-Amz-Security-Token': sessionToken });
  expect(signatureOf(signed)).toBe(
    '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
  );
});

test('what is sent is what was signed, on the same host', () => {
  const to = (path: string) => signRequest(requestTo(`GET ${path}`), signing, TIME_MS).url.href;
  expect(to('/a[1]|b?x=a|b&y=%2F')).toBe(
    'https://example.amazonaws.com/a%5B1%5D%7Cb?x=a%7Cb&y=%2F',
  );
  expect(to('//other.example/x')).toBe('https://example.amazonaws.com//other.example/x');
});

test.each(['X-Amz-Signature', 'Signature'])(
  'a link that carries a signature of its own as %s is left as it is',
  (parameter) => {
    const request = requestTo(`GET /report.csv?${parameter}=abc`);
    expect(signRequest(request, signing, TIME_MS)).toBe(request);
  },
);

test.each(['document-signature', 'signature-type'])(
  'a link whose parameter %s is no signature of its own is signed',
  (parameter) => {
    const request = requestTo(`GET /report.csv?${parameter}=abc`);
    expect(signatureOf(signRequest(request, signing, TIME_MS))).toHaveLength(64);
  },
);

/** A transport that keeps what it is given. */
function recording() {
  const sent: HttpRequest[] = [];
  const keep = (request: HttpRequest) => {
    sent.push(request);
    return Promise.reject(new Error('sent'));
  };
  return { sent, transport: { send: keep, stream: keep } satisfies Transport };
}

test('each request is signed with the time at which it is sent', async () => {
  const { sent, transport } = recording();
  let nowMs = TIME_MS;
  const signed = withAwsSignature(transport, signing, { now: () => nowMs });
  const { signal } = new AbortController();
  await expect(signed.send(requestTo('GET /'), 1, signal)).rejects.toThrow('sent');
  nowMs += 86_400_000;
  await expect(signed.stream(requestTo('GET /'), () => 1, signal)).rejects.toThrow('sent');
  expect(sent.map(({ headers }) => headers?.['X-Amz-Date'])).toEqual([
    '20150830T123600Z',
    '20150831T123600Z',
  ]);
  expect(sent[1]?.headers?.Authorization).toContain('AKIDEXAMPLE/20150831/us-east-1/service/');
});

test('without a region and a service nothing is signed', () => {
  const { transport } = recording();
  expect(withAwsSignature(transport, undefined, { now: () => 0 })).toBe(transport);
});
