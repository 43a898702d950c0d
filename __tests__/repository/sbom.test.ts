import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bundleSbom } from '../../scripts/sbom.js';
import { root } from '../support/action.js';

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes: unknown;
  readonly licenses: unknown;
}
type Lock = Parameters<typeof bundleSbom>[0]['lock'];

const bundle = await readFile(join(root, 'dist/index.js'));
const licenses = await readFile(join(root, 'dist/licenses.txt'), 'utf8');
const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
const repository = { lock, licenses, bundle };
const sbom = bundleSbom(repository);

/** The parts of a document of CycloneDX by which a library is recognized. */
const essence = ({ name, version, purl, hashes, licenses }: Component) => ({
  ...{ name, version, purl, hashes, licenses },
});

/** What npm itself says about all packages: its `--omit=dev` leaves out also what production and development share. */
const npm = JSON.parse(
  execSync('npm sbom --package-lock-only --sbom-format=cyclonedx', {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  }),
) as { components: Component[] };
const refs = sbom.components.map(({ name, version }) => `${name}@${version}`);

test('each library in the bundle is described as npm describes it', () => {
  const described = npm.components.filter(({ name, version }) =>
    refs.includes(`${name}@${version}`),
  );
  expect(sbom.components.map(essence)).toEqual(described.map(essence));
});

test('only what a stub replaces is installed in production without being in the bundle', () => {
  const installed = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`);
  const missing = installed.filter((ref) => !refs.includes(ref));
  expect(missing.map((ref) => ref.slice(0, ref.lastIndexOf('@')))).toEqual([
    '@actions/exec',
    '@actions/io',
    'undici',
  ]);
});

test('the libraries are those whose licences are handed over with the bundle', () => {
  for (const { name, licenses: of } of sbom.components)
    expect(`\n\n${licenses}`).toContain(`\n\n${name}\n${of[0]?.license.id}\n`);
});

test('it is about this bundle, of this version', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Lock;
  expect(sbom.metadata.component).toMatchObject({
    'bom-ref': `await-job@${version}`,
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(bundle).digest('hex') }],
  });
});

test('everything in it can be reached from the action by its dependencies', () => {
  const reached = new Set<string>();
  const visit = (ref: string) => {
    if (reached.has(ref)) return;
    reached.add(ref);
    sbom.dependencies.find((one) => one.ref === ref)?.dependsOn.forEach(visit);
  };
  visit(sbom.metadata.component['bom-ref']);
  expect([...reached].sort()).toEqual(sbom.dependencies.map(({ ref }) => ref).sort());
});

test('it has what the attestation asks for, and is the same each time', () => {
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  expect(sbom.serialNumber).toMatch(
    /^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/,
  );
  expect(bundleSbom(repository)).toEqual(sbom);
  expect(bundleSbom({ ...repository, bundle: Buffer.from('other') }).serialNumber).not.toBe(
    sbom.serialNumber,
  );
});

test.each([
  ['a library that is not locked', `left-pad\nMIT\n\n${licenses}`, lock],
  ['another licence than the locked one', licenses.replace('\naws4\nMIT', '\naws4\nISC'), lock],
  ['a library that is there twice', licenses, withPackage('node_modules/x/node_modules/aws4')],
  ['a library that is for development only', `jest\nMIT\n\n${licenses}`, lock],
])('%s is refused', (_, text, locked) => {
  expect(() => bundleSbom({ lock: locked, licenses: text, bundle })).toThrow(
    /does not have one (?:left-pad|aws4|jest) with the licence/,
  );
});

/** The lock file with one package more, which is a copy of aws4. */
function withPackage(path: string): Lock {
  const aws4 = lock.packages['node_modules/aws4'];
  return { ...lock, packages: { ...lock.packages, ...(aws4 && { [path]: aws4 }) } };
}
