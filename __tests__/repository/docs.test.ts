import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { marked, type Token, type Tokens } from 'marked';
import { parse } from 'yaml';
import { tableRows } from '../../scripts/tables.js';
import { PROVIDERS } from '../../src/providers/index.js';
import { actionFile, root } from '../support/action.js';

/** The pages of this repository, by their paths in it. */
const folders = ['.', 'docs', 'docs/recipes', '__tests__/support', '.github/ISSUE_TEMPLATE'];
const paths = (
  await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder)))
        .filter((name) => /\.(?:md|yml)$/.test(name))
        .map((name) => posix.join(folder, name)),
    ),
  )
).flat();
const read = async (path: string) =>
  (await readFile(join(root, path), 'utf8')).replaceAll('\r\n', '\n');
const texts = new Map(
  await Promise.all(paths.map(async (path) => [path, await read(path)] as const)),
);
const pages = paths.filter((path) => path.endsWith('.md'));
const forms = paths.filter((path) => path.startsWith('.github/'));
const textOf = (path: string) => texts.get(path) ?? '';

/** All parts of a page, those inside of others too; code is none. */
function partsOf(text: string): Token[] {
  const parts: Token[] = [];
  void marked.walkTokens(marked.lexer(text), (token) => {
    parts.push(token);
  });
  return parts;
}

/** A heading's text without its formatting. */
const plain = (tokens: readonly Token[] = []): string =>
  tokens
    .map((token) => {
      if ('tokens' in token) return plain(token.tokens);
      return 'text' in token ? String(token.text) : '';
    })
    .join('');

/** The anchors of a page, as GitHub makes them of its headings: a repeated one is numbered. */
function anchorsOf(path: string): string[] {
  const seen = new Map<string, number>();
  return partsOf(textOf(path))
    .filter((token): token is Tokens.Heading => token.type === 'heading')
    .map(({ tokens }) => {
      const name = plain(tokens)
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(name) ?? 0;
      seen.set(name, count + 1);
      return count === 0 ? name : `${name}-${count}`;
    });
}

/** The links of a page to this repository, as they stand there. */
const linksOf = (text: string): string[] =>
  partsOf(text)
    .filter((token): token is Tokens.Link => token.type === 'link' || token.type === 'image')
    .map(({ href }) => href)
    .filter((href) => !/^(?:[a-z]+:|\/\/)/i.test(href));

/** Why a link leads nowhere; '' where it leads to a file, and to a heading if it names one. */
function whyBroken(from: string, link: string): string {
  const [target = '', anchor] = link.split('#');
  const path = target === '' ? from : posix.join(dirname(from), decodeURI(target));
  if (path.startsWith('..') || !existsSync(join(root, path))) return `${link}: no such file`;
  if (anchor === undefined) return '';
  if (!texts.has(path)) return `${link}: not a page`;
  return anchorsOf(path).includes(anchor) ? '' : `${link}: no such heading`;
}

describe('links', () => {
  test.each(pages)('each link in %s leads to a file or a heading of this repository', (page) => {
    expect(
      linksOf(textOf(page))
        .map((link) => whyBroken(page, link))
        .filter(Boolean),
    ).toEqual([]);
  });

  test('so do those of the forms for issues', () => {
    const links = forms.flatMap((form) =>
      [...textOf(form).matchAll(/\/blob\/main\/([^)\s]+)/g)].map(([, link = '']) => link),
    );
    expect(links.length).toBeGreaterThanOrEqual(2);
    expect(links.map((link) => whyBroken('README.md', link)).filter(Boolean)).toEqual([]);
  });

  test('every page of docs can be reached from the README', () => {
    const reached = new Set<string>();
    const visit = (page: string) => {
      if (reached.has(page)) return;
      reached.add(page);
      for (const link of linksOf(textOf(page))) {
        const [target = ''] = link.split('#');
        const path = posix.join(dirname(page), target);
        if (target.endsWith('.md') && texts.has(path)) visit(path);
      }
    };
    visit('README.md');
    expect(pages.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([]);
  });

  test('an anchor is made as GitHub makes it', () => {
    texts.set(
      'test.md',
      '# A `b`, _c_ & [d](x.md)!\n\n```\n# no heading\n```\n\n# Größe: x-y\n\n# Größe: x-y\n',
    );
    expect(anchorsOf('test.md')).toEqual(['a-b-c--d', 'größe-x-y', 'größe-x-y-1']);
    texts.delete('test.md');
  });

  test('a link that leads nowhere is found', () => {
    expect(whyBroken('docs/any-api.md', '#evidence')).toBe('');
    expect(whyBroken('docs/any-api.md', '#proof')).toBe('#proof: no such heading');
    expect(whyBroken('docs/any-api.md', 'README.md')).toBe('README.md: no such file');
    expect(whyBroken('README.md', '../README.md')).toBe('../README.md: no such file');
  });
});

describe('README.md', () => {
  const readme = textOf('README.md');

  test('has at most 20,000 bytes', async () => {
    expect((await stat(join(root, 'README.md'))).size).toBeLessThanOrEqual(20_000);
  });

  test('names the command that tests everything, which is the one that the gate runs', async () => {
    const gate = await readFile(join(root, '.ci/run'), 'utf8');
    const [, command = ''] =
      /`(npm [^`]+)` installs what is needed and runs all tests/.exec(readme) ?? [];
    expect(textOf('CONTRIBUTING.md')).toMatch(
      new RegExp(`^${command} +# installs .* runs all tests`, 'm'),
    );
    expect(gate).toMatch(new RegExp(`^COVERAGE=true with_node [\\d.]+ ${command}$`, 'm'));
  });

  test('tells within its first screens what it is, what it costs, what it needs, and its state', () => {
    const start = readme.slice(0, 3000);
    for (const what of ['Not released yet', 'What it costs', 'What it needs', '2.327.1'])
      expect(start).toContain(what);
    const headings = partsOf(readme).flatMap((token) =>
      token.type === 'heading' && token.depth === 2 ? [plain(token.tokens)] : [],
    );
    expect(headings).toEqual([
      'From the start of an export to its report',
      'Try it without an account',
      'Get the secret',
      "Your provider's step",
      'Outputs',
      'Failing and not failing',
      'Verify what you run',
      'More',
    ]);
  });

  test('has one whole workflow, whose secrets go through env', () => {
    const yaml = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    const whole = yaml.filter((text) => text.includes('runs-on:'));
    expect(whole).toHaveLength(1);
    const { jobs } = parse(whole[0] ?? '') as {
      jobs: Record<string, { steps: { run?: string; uses?: string }[] }>;
    };
    const [job] = Object.values(jobs);
    const scripts = (job?.steps ?? []).map(({ run = '', uses = '' }) => run || uses);
    expect(scripts).toEqual([
      expect.stringMatching(/curl[\s\S]*\| jq -er \.jobCode[\s\S]*>> "\$GITHUB_OUTPUT"/),
      'OWNER/await-job@v1',
      expect.stringContaining('"$REPORT"'),
    ]);
    expect(scripts.join('\n')).not.toContain('${{');
  });

  test('names no output that action.yml does not have', () => {
    const section = readme.split('\n## Outputs\n')[1]?.split('\n## ')[0] ?? '';
    const named = [...section.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(Object.keys(actionFile.outputs)).toEqual(expect.arrayContaining(named));
  });

  test('knows each provider by its title', () => {
    const titles = Object.entries(PROVIDERS).flatMap(([name, { title }]) =>
      name === 'http' ? [] : [title],
    );
    for (const title of titles) expect(readme).toContain(`\n### ${title}\n`);
  });
});

describe('docs/reference.md', () => {
  const reference = textOf('docs/reference.md');

  /** The rows of the table below a heading, cell by cell. */
  const table = (heading: string): string[][] => {
    const section = reference.split(new RegExp(`\n##+ ${heading}\n`))[1]?.split(/\n##+ /)[0] ?? '';
    const rows = section.split('\n').filter((line) => line.startsWith('|'));
    return rows.slice(2).map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  };
  const tables = tableRows(actionFile);

  test('has the tables that action.yml makes', () => {
    for (const [heading, rows] of Object.entries(tables))
      expect([heading, table(heading)]).toEqual([heading, rows]);
  });

  test('lists every input once, and every output', () => {
    const { Outputs: outputs = [], ...inputs } = tables;
    const names = (rows: readonly string[][]) => rows.map(([name = '']) => name.slice(1, -1));
    expect(names(Object.values(inputs).flat()).sort()).toEqual(
      Object.keys(actionFile.inputs).sort(),
    );
    expect(names(outputs)).toEqual(Object.keys(actionFile.outputs));
    const listed = [...reference.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
    expect(listed).toEqual(names(Object.values(tables).flat()));
  });

  test('puts under one provider what not every provider reads', () => {
    const readBy = (name: string) =>
      Object.entries(PROVIDERS).flatMap(
        ([provider, { requiredInputs, loginInputs, optionalInputs = [] }]) =>
          [...requiredInputs, ...loginInputs, ...optionalInputs].includes(name) ? [provider] : [],
      );
    const names = (heading: string) =>
      (tables[heading] ?? []).map(([name = '']) => name.slice(1, -1));
    for (const heading of ['The job', 'Waiting', 'Status values', 'The report', 'Certificates'])
      for (const name of names(heading)) expect([name, readBy(name)]).toEqual([name, []]);
    for (const name of names('Inputs of one provider')) {
      expect([name, readBy(name).length]).not.toEqual([name, 0]);
      expect(readBy(name)).not.toContain('http');
    }
    // The two of AWS are a login beside those that a provider lists.
    for (const name of names('Inputs of `http`').filter((name) => !name.startsWith('aws-')))
      expect([name, readBy(name)]).toEqual([name, ['http']]);
  });
});

test('the pages of people who use the action name no other inputs than action.yml', () => {
  const users = pages.filter((page) =>
    /^(?:README|docs\/(?:any-api|long-waits|reference|security|troubleshooting))/.test(page),
  );
  expect(users).toHaveLength(6);
  for (const page of users) {
    const named = [...textOf(page).matchAll(/`([a-z]+(?:-[a-z]+)+)(?:: [^`]*)?`/g)].map(
      ([, name = '']) => name,
    );
    const others = named.filter((name) => actionFile.inputs[name] === undefined);
    const known = [...REASONS, ...NAMES];
    expect([page, others.filter((name) => !known.includes(name))]).toEqual([page, []]);
  }
});

const REASONS = [
  ...['job-failed', 'partial-success', 'timed-out', 'not-found', 'bad-response', 'unknown-status'],
  ...['stuck-in-queue', 'start-unknown', 'download-failed', 'bad-input'],
];

/** Names of others, such as headers, files and permissions. */
const NAMES = [
  'retry-after-ms',
  'timeout-minutes',
  'id-token',
  'my-trusted-client',
  'x-ratelimit-reset',
  'role-duration-seconds',
];

test('no page says where it was written', () => {
  for (const page of pages) expect(textOf(page)).not.toMatch(/\/(?:work|home|Users)\/\w/);
});
