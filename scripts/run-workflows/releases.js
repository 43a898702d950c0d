import { execSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const file = '.github/workflows/release.yml';
const endsAtOnce = { 'runs-on': 'ubuntu-latest', steps: [{ run: 'true' }] };

/** @typedef {{ ends: Record<string, 'success' | 'failure'>, says: string[], env: Record<string, string>, event: string, args: string[], cwd: string }} Run */

/**
 * What release.yml does with a tag, and what keeps it from publishing.
 *
 * @param {object} tools
 * @param {string} tools.released a copy of the repository
 * @param {string} tools.drafts where the stand-ins keep what they are given
 * @param {(...args: string[]) => string} tools.git
 * @param {(title: string, file: string, expected: Run) => Promise<void>} tools.run
 * @param {(title: string, expected: RegExp, from: string) => Promise<void>} tools.tellCalls
 */
export async function runReleases({ released, drafts, git, run, tellCalls }) {
  execSync('npm version 1.2.3 --no-git-tag-version', { cwd: released, stdio: 'pipe' });
  await writeFile(
    join(released, 'CHANGELOG.md'),
    '# Changelog\n\n## 1.2.3\n\n- New.\n\n## 1.2.2\n\n- Old.\n',
  );
  // The gate would run this file; in its place stands a job that ends at once.
  await writeFile(
    join(released, '.github/workflows/ci.yml'),
    stringify({ on: 'workflow_call', jobs: { gate: endsAtOnce } }),
  );
  git('init', '--quiet', released);
  git('-C', released, 'add', '.');
  git('-C', released, '-c', 'user.name=test', '-c', 'user.email=test', 'commit', '-qm', 'x');

  /**
   * @param {string} title
   * @param {'success' | 'failure'} draft
   * @param {'success' | 'failure' | undefined} publish
   * @param {{ tag?: string, env?: Record<string, string>, says?: string[] }} [given]
   */
  async function release(title, draft, publish, { tag = 'v1.2.3', env = {}, says = [] } = {}) {
    const eventPath = join(drafts, 'event.json');
    await writeFile(eventPath, JSON.stringify({ ref: `refs/tags/${tag}` }));
    await run(`release: ${title}`, file, {
      event: 'push',
      args: ['--eventpath', eventPath],
      cwd: released,
      env: { ARTIFACTS: drafts, ...env },
      ends: { gate: 'success', build: 'success', draft, ...(publish && { publish }) },
      says,
    });
  }
  const tell = (/** @type {string} */ title, /** @type {RegExp} */ expected) =>
    tellCalls(`release: ${title}`, expected, drafts);

  // Packages that npm has seen need not be fetched again.
  const cache = process.env.npm_config_cache ?? join(drafts, 'npm');
  const env = { npm_config_cache: cache, npm_config_prefer_offline: 'true' };
  await release('a tag becomes a release', 'success', 'success', { env });
  await tell(
    'it is drafted with its files and notes',
    /\nrelease create v1\.2\.3 dist\/index\.js dist\/licenses\.txt \S+\/sbom\.cdx\.json --draft .*\n\n- New\.\n\n[^]*\nrelease edit v1\.2\.3 --draft=false\n[^]*\napi --method POST \S+ -f ref=refs\/tags\/v1 -f sha=[0-9a-f]{40}\n$/,
  );

  // To build once is enough.
  const workflow = parse(await readFile(join(released, file), 'utf8'));
  workflow.jobs.build = endsAtOnce;
  await writeFile(join(released, file), stringify(workflow));
  await release('a tag that is not the version is refused', 'failure', undefined, {
    tag: 'v1.2.4',
    says: ['The tag is v1.2.4, but package.json says 1.2.3'],
  });
  await release('a release that nobody would review is refused', 'failure', undefined, {
    env: { REVIEWERS: 'branch_policy' },
    says: ['The environment release has no required reviewers'],
  });
  await release('a second draft is refused', 'failure', undefined, {
    env: { RELEASES: '[{ "tagName": "v1.2.3" }]' },
    says: ['There is a release or a draft of v1.2.3 already'],
  });
  await tell('nothing is drafted then', /^(?:(?!release create)[^])*$/);
  await release('a draft whose files have changed is not published', 'success', 'failure', {
    env: { DIGEST: '0' },
    says: ['The draft holds other files now'],
  });
  await release('a tag that has moved is not published', 'success', 'failure', {
    env: { TAG: 'elsewhere' },
    says: ['v1.2.3 is at elsewhere now'],
  });
  await tell('nothing is published then', /^(?:(?!release edit)[^])*$/);
  await release('no major tag moves to a release that can change', 'success', 'failure', {
    env: { IMMUTABLE: 'false' },
    says: ['The release is not immutable'],
  });
  await tell('it is not moved then', /^(?:(?!refs\/tags)[^])*$/);
}
