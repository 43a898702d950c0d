import { describe, expect, jest, test } from '@jest/globals';

/** What names lead to; a list of lists gives another answer at each question. */
const names: Record<string, readonly string[]> = {};
const asked: string[] = [];
jest.unstable_mockModule('node:dns/promises', () => ({
  lookup: (name: string) => {
    asked.push(name);
    const found = names[name];
    if (found === undefined) return Promise.reject(new Error(`getaddrinfo ENOTFOUND ${name}`));
    return Promise.resolve(
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  },
}));
const { createAddressGuard, kindOfAddress } = await import('../../../src/http/address-guard.js');

Object.assign(names, {
  'provider.example': ['203.0.113.7'],
  'inside.example': ['10.1.2.3'],
  'metadata.example': ['169.254.169.254'],
  'both.example': ['203.0.113.8', '127.0.0.1'],
  'six.example': ['::1'],
  'public.example': ['198.51.100.4', '2001:db8::4'],
  'localhost.example': ['127.0.0.1'],
});

const check = (host: string, provider = 'provider.example', isProxied = false) =>
  createAddressGuard(new URL(`https://${provider}`)).check(new URL(`https://${host}/r`), isProxied);

describe('an address of the runner’s own network is known', () => {
  test.each([
    ['loopback', ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::']],
    ['link-local', ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
    ['link-local', ['100.100.100.200', '100.64.0.1', '100.127.255.255', 'fd00:ec2::254']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd12::1', 'fec0::1']],
  ])('as %s: %j', (kind, addresses) => {
    expect(addresses.map(kindOfAddress)).toEqual(addresses.map(() => kind));
  });

  test.each([
    ['mapped, dotted', '::ffff:169.254.169.254'],
    ['mapped, in hexadecimal digits', '::ffff:a9fe:a9fe'],
    ['mapped, written out', '0:0:0:0:0:ffff:a9fe:a9fe'],
    ['compatible', '::169.254.169.254'],
    ['translated', '::ffff:0:a9fe:a9fe'],
    ['of NAT64', '64:ff9b::a9fe:a9fe'],
    ['of 6to4', '2002:a9fe:a9fe::1'],
  ])('as an IPv4 address in an IPv6 address, %s', (_, address) => {
    expect(kindOfAddress(address)).toBe('link-local');
  });

  test.each([
    ...['8.8.8.8', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '192.167.1.1'],
    ...['169.253.1.1', '11.0.0.1', '128.0.0.1', '2001:4860::8888', '::ffff:8.8.8.8', 'fe00::1'],
    ...['64:ff9b::808:808', '2002:808:808::1'],
  ])('and %s is not one', (address) => {
    expect(kindOfAddress(address)).toBeUndefined();
  });
});

describe('a report of a public provider is not fetched', () => {
  test.each([
    ...['127.0.0.1', '127.1', '0x7f.0.0.1', '2130706433', '0177.0.0.1', '0.0.0.0', '10.0.0.1'],
    ...['169.254.169.254', '192.168.0.1', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ...['[fe80::1]', '[fd00:ec2::254]', '[64:ff9b::a9fe:a9fe]', '１２７.0.0.1', '127。0。0。1'],
  ])('from %s, which is written out', async (host) => {
    await expect(check(host)).rejects.toMatchObject({
      reason: 'download-failed',
      message: expect.stringMatching(/is at the (loopback|link-local|private) address/),
    });
    await expect(check(host, 'provider.example', true)).rejects.toThrow('is at the');
  });

  test.each(['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.localhost.'])(
    'from %s, whatever a resolver or a proxy says',
    async (host) => {
      await expect(check(host)).rejects.toThrow('is at the loopback address');
      await expect(check(host, 'provider.example', true)).rejects.toThrow('is at the loopback');
    },
  );

  test.each([
    ...['inside.example', 'metadata.example', 'both.example', 'six.example', 'localhost.example'],
  ])('from %s, a name that leads there', async (host) => {
    await expect(check(host)).rejects.toThrow(`${host} is at the`);
  });
});

describe('a report is fetched', () => {
  test('from a public name, at the addresses that were looked at and no others', async () => {
    const lookup = await check('public.example');
    asked.length = 0;
    const all = await new Promise((resolve) =>
      lookup?.('public.example', { all: true }, (_, found) => {
        resolve(found);
      }),
    );
    const one = await new Promise((resolve) =>
      lookup?.('public.example', {}, (_, found) => {
        resolve(found);
      }),
    );
    expect(all).toEqual([
      { address: '198.51.100.4', family: 4 },
      { address: '2001:db8::4', family: 6 },
    ]);
    expect(one).toBe('198.51.100.4');
    expect(asked).toEqual([]);
  });

  test.each([
    ['127.0.0.1', 'localhost'],
    ['localhost', '127.0.0.1'],
    ['localhost.example', '[::1]'],
    ['10.9.9.9', 'inside.example'],
    ['192.168.7.7', '10.0.0.5'],
    ['inside.example', '172.16.0.1'],
  ])('from %s where the provider is at %s', async (host, provider) => {
    await expect(check(host, provider)).resolves.toBeDefined();
  });

  test.each([
    ['169.254.169.254', '127.0.0.1'],
    ['169.254.169.254', '10.0.0.5'],
    ['127.0.0.1', '10.0.0.5'],
    ['10.0.0.5', '127.0.0.1'],
  ])('and not from %s where the provider is at %s', async (host, provider) => {
    await expect(check(host, provider)).rejects.toThrow('is at the');
  });

  test('from a name that only the proxy knows', async () => {
    asked.length = 0;
    await expect(
      check('only-the-proxy.example', 'provider.example', true),
    ).resolves.toBeUndefined();
    expect(asked).toEqual([]);
  });
});

test('a name that leads nowhere at first is not looked up again without a look at where it leads', async () => {
  const found = await check('nowhere.example').catch((error: unknown) => error);
  // An error, or a function that gives what was found: never a lookup that nobody checks.
  expect(found).toBeDefined();
});

test('a provider whose own name leads nowhere is no reason to reach into the network', async () => {
  await expect(check('10.0.0.1', 'nowhere.example')).rejects.toThrow('private address');
});
