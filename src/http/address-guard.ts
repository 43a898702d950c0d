import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PermanentError } from '../domain/errors.ts';

/** Addresses that the public cannot reach, by what they are called. */
const KINDS = {
  loopback: ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'],
  // Clouds tell a machine its credentials at 169.254.169.254, 100.100.100.200 and fd00:ec2::254.
  'link-local': ['169.254.0.0/16', 'fe80::/10', '100.64.0.0/10', 'fd00:ec2::/32'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'],
} as const;

type Kind = keyof typeof KINDS;

/** A list for each kind, from the first address on that is looked for. */
let lists: (readonly [Kind, BlockList])[] | undefined;

const createLists = () =>
  Object.entries(KINDS).map(([kind, networks]) => {
    const list = new BlockList();
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
    }
    return [kind as Kind, list] as const;
  });

/** What kind of address this is, also where an IPv4 address stands inside; undefined for a public one. */
export function kindOfAddress(address: string): Kind | undefined {
  const plain = isIP(address) === 6 ? (embeddedIPv4(address) ?? address) : address;
  lists ??= createLists();
  return lists.find(([, list]) => list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4'))?.[0];
}

/**
 * The IPv4 address in an IPv6 address that stands for one: IPv4-compatible, translated, 6to4, or of NAT64. See
 * https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5, rfc2765, rfc3056 and rfc6052
 */
function embeddedIPv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':');
  const isEmbedded = /^(0:0:0:0:0:0|0:0:0:0:ffff:0|64:ff9b:0:0:0:0)$/.test(prefix);
  const [high = 0, low = 0] = prefix.startsWith('2002:') ? groups.slice(1) : groups.slice(6);
  if (!isEmbedded && !prefix.startsWith('2002:')) return undefined;
  if (high === 0 && low < 2) return undefined;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight numbers of an IPv6 address, whatever its spelling. */
function groupsOf(address: string): number[] {
  const { hostname } = new URL(`http://[${address.split('%')[0] ?? ''}]`);
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail].map((text) => (text === '' ? [] : text.split(':')));
  const zeros = Array<string>(Math.max(8 - (first?.length ?? 0) - (last?.length ?? 0), 0)).fill(
    '0',
  );
  return [...(first ?? []), ...zeros, ...(last ?? [])].map((group) => parseInt(group, 16));
}

/** Decides which hosts a request may go to. */
export interface AddressGuard {
  /**
   * Gives the function that finds the host's address for the connection: the addresses that were checked,
   * whatever the name leads to by then. Undefined where the connection finds it itself.
   *
   * @param isProxied whether a proxy finds the address: then only one that is written out is checked
   * @throws PermanentError for an address that the public cannot reach
   */
  check(url: URL, isProxied: boolean): Promise<LookupFunction | undefined>;
}

/**
 * Keeps requests that a response has named away from addresses inside of the runner's network and machine,
 * unless the provider itself is at one of the same kind.
 */
export function createAddressGuard(providerUrl: URL): AddressGuard {
  let ownKinds: Promise<readonly (Kind | undefined)[]> | undefined;
  return {
    async check({ hostname }, isProxied) {
      const addresses = await findAddresses(hostname, isProxied);
      ownKinds ??= findAddresses(providerUrl.hostname, isProxied).then(kindsOf, () => []);
      for (const { address } of addresses) {
        const kind = kindOfAddress(address);
        if (kind === undefined || (await ownKinds).includes(kind)) continue;
        throw new PermanentError(
          `${hostname} is at the ${kind} address ${address}, from which no report is fetched, since the provider is elsewhere; the provider should name a public link`,
          'download-failed',
        );
      }
      return addresses.length === 0 ? undefined : pinned(addresses);
    },
  };
}

const kindsOf = (addresses: readonly Address[]) =>
  addresses.map(({ address }) => kindOfAddress(address));

type Address = Awaited<ReturnType<typeof findAddresses>>[number];

/** The addresses of a host; none where a proxy finds them. */
async function findAddresses(hostname: string, isProxied: boolean) {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(literal);
  if (family > 0) return [{ address: literal, family }];
  if (/(^|\.)localhost\.?$/i.test(literal))
    return [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
  return isProxied ? [] : lookup(hostname, { all: true });
}

const pinned =
  (addresses: readonly Address[]): LookupFunction =>
  (_, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
