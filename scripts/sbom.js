// Prints what is inside of dist/index.js as a CycloneDX document: node scripts/sbom.js > sbom.cdx.json
// The same commit gives the same document, on any machine, and nothing needs to be installed for it.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** @typedef {{ version: string, license: string, integrity: string, dev?: boolean, dependencies?: Record<string, string> }} Package */

/** Where ncc begins a library in dist/licenses.txt: its name and its licence, a line each. */
const LIBRARY = /(?<=^|\n\n)((?:@[\w.-]+\/)?[\w.-]+)\n(.*)\n/g;

/** @param {string | Buffer} data */
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/**
 * The bill of materials of the bundle. `npm sbom` would list what is installed in production, of which not all gets
 * into the bundle: undici, for one, is replaced by a stub.
 *
 * @param {{ lock: { name: string, version: string, packages: Record<string, Package> }, licenses: string, bundle: Buffer }} repository
 */
export function bundleSbom({ lock, licenses, bundle }) {
  const libraries = new Map(
    [...licenses.matchAll(LIBRARY)].map(([, name = '', license = '']) => [
      name,
      onlyPackage(lock.packages, name, license),
    ]),
  );
  const ref = (/** @type {string} */ name) => `${name}@${libraries.get(name)?.version ?? ''}`;
  const dependsOn = (/** @type {Package | undefined} */ from) =>
    Object.keys(from?.dependencies ?? {})
      .filter((name) => libraries.has(name))
      .map(ref);
  const root = `${lock.name}@${lock.version}`;
  const sbom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        'bom-ref': root,
        type: 'application',
        name: lock.name,
        version: lock.version,
        hashes: [{ alg: 'SHA-256', content: sha256(bundle) }],
        licenses: [{ license: { id: lock.packages['']?.license } }],
      },
    },
    components: [...libraries].map(([name, { version, license, integrity }]) => ({
      'bom-ref': ref(name),
      type: 'library',
      name,
      version,
      hashes: [{ alg: 'SHA-512', content: sha512Of(integrity) }],
      licenses: [{ license: { id: license } }],
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    })),
    dependencies: [
      { ref: root, dependsOn: dependsOn(lock.packages['']) },
      ...[...libraries].map(([name, from]) => ({ ref: ref(name), dependsOn: dependsOn(from) })),
    ],
  };
  return { ...sbom, serialNumber: serialNumber(JSON.stringify(sbom)) };
}

/**
 * The one package of this name that is installed in production.
 *
 * @param {Record<string, Package>} packages @param {string} name @param {string} license
 */
function onlyPackage(packages, name, license) {
  const [found, ...others] = Object.entries(packages)
    .filter(([path, { dev }]) => path.endsWith(`node_modules/${name}`) && dev !== true)
    .map(([, one]) => one);
  if (found?.license !== license || others.length > 0) {
    throw new Error(`package-lock.json does not have one ${name} with the licence ${license}`);
  }
  return found;
}

/** @param {string} integrity as npm writes it, in Base64 */
function sha512Of(integrity) {
  const [algorithm, base64 = ''] = integrity.split('-');
  if (algorithm !== 'sha512') throw new Error(`${integrity} is no SHA-512`);
  return Buffer.from(base64, 'base64').toString('hex');
}

/** A UUID of version 8, made of a hash: actions/attest takes no document without one. @param {string} text */
const serialNumber = (text) =>
  sha256(text).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, 'urn:uuid:$1-$2-8$3-a$4-$5');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (/** @type {string} */ path) => readFile(new URL(`../${path}`, import.meta.url));
  const lock = JSON.parse(String(await read('package-lock.json')));
  const licenses = String(await read('dist/licenses.txt'));
  const sbom = bundleSbom({ lock, licenses, bundle: await read('dist/index.js') });
  console.log(JSON.stringify(sbom, undefined, 2));
}
