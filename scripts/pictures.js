// Draws the pictures in the README: runs the bundle against the simulator, renders its summary as GitHub does
// (Markdown, then Mermaid) and its log as a runner shows it, and keeps a screenshot of each.
// Needs a Chromium: CHROMIUM=/usr/bin/chromium npm run pictures [-- folder for each in light and dark, narrow and wide]
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { htmlEscape } from 'escape-goat';
import { marked } from 'marked';
import { chromium } from 'playwright-core';
import { startSimulator } from '../simulator/simulator.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import('../simulator/simulator.js').Script[]} */
const exports = [
  {
    provider: 'unicommerce',
    id: '64f0c0ffee-orders',
    steps: [
      { status: 'SCHEDULED', forMs: 2200 },
      { status: 'RUNNING', forMs: 5000 },
      { status: 'COMPLETE', filePath: '/reports/Export-Orders_21112026101500.csv' },
    ],
  },
  {
    provider: 'unicommerce',
    id: '64f0c0ffee-returns',
    steps: [
      { status: 'SCHEDULED', forMs: 4200 },
      { status: 'RUNNING', forMs: 4000 },
      { status: 'FAILED', message: 'Export failed: column <sku> is not known' },
    ],
  },
  {
    provider: 'unicommerce',
    id: '64f0c0ffee-year',
    steps: [{ status: 'SCHEDULED', forMs: 6200 }, { status: 'RUNNING' }],
  },
  {
    provider: 'unicommerce',
    id: '64f0c0ffee-stock',
    steps: [
      { status: 'RUNNING', forMs: 3000 },
      { status: 'COMPLETE', filePath: '/reports/Export-Stock_21112026101500.csv' },
    ],
  },
];

/** One that fails, while the network is having a bad day. @type {import('../simulator/simulator.js').Script} */
const failing = {
  provider: 'unicommerce',
  id: '64f0c0ffee-returns',
  steps: [
    { status: 'SCHEDULED', forMs: 2500 },
    { status: 'RUNNING', forMs: 4000 },
    { status: 'FAILED', message: 'Export failed: column <sku> is not known' },
  ],
  errors: {
    3: { status: 502, body: '<html><title>Bad Gateway</title></html>' },
    6: 'reset-mid-body',
  },
};

/** Runs the step for these jobs and gives what it wrote. @param {import('../simulator/simulator.js').Script[]} jobs */
async function run(jobs) {
  const simulator = await startSimulator();
  simulator.reports.serve = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/csv' }).end('1001,250\n'.repeat(150_000));
  };
  const ids = jobs.map((job) => simulator.createJob(job));
  const folder = await mkdtemp(join(tmpdir(), 'await-job-picture-'));
  const [file, output] = [join(folder, 'summary'), join(folder, 'output')];
  await Promise.all([writeFile(file, ''), writeFile(output, '')]);
  const inputs = {
    PROVIDER: 'unicommerce',
    'BASE-URL': simulator.url,
    'REQUEST-ID': ids.join('\n'),
    TOKEN: 'simulator-token',
    TIMEOUT: '12s',
    'DOWNLOAD-PATH': 'reports/',
  };
  const env = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value]),
  );
  const child = spawn(process.execPath, [here('../dist/index.js')], {
    env: {
      PATH: process.env.PATH,
      GITHUB_WORKSPACE: folder,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: file,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => (log += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  await simulator.close();
  const summary = await readFile(file, 'utf8');
  await rm(folder, { recursive: true });
  return { log, summary };
}

/** The colours of GitHub, by the scheme that the reader has chosen. */
const schemes = {
  light: {
    page: '#ffffff',
    text: '#1f2328',
    border: '#d1d9e0',
    row: '#f6f8fa',
    link: '#0969da',
    code: '#818b981f',
    error: '#d1242f',
    mermaid: 'default',
  },
  dark: {
    page: '#0d1117',
    text: '#f0f6fc',
    border: '#3d444d',
    row: '#151b23',
    link: '#4493f8',
    code: '#656c7633',
    error: '#ff9492',
    mermaid: 'dark',
  },
};
/** @typedef {keyof typeof schemes} Scheme */

const fonts =
  '-apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif, "Noto Color Emoji"';

/** GitHub's own rules for what Markdown becomes. @param {Scheme} scheme */
const summaryStyle = (scheme) => {
  const { page, text, border, row, link, code } = schemes[scheme];
  return `
  body { font: 16px/1.5 ${fonts}; margin: 24px; background: ${page}; color: ${text}; overflow-wrap: break-word; }
  h3 { font-size: 1.25em; line-height: 1.25; margin: 0 0 16px; } a { color: ${link}; }
  ul { margin: 0 0 16px; padding-left: 2em; } li + li { margin-top: .25em; }
  table { border-collapse: collapse; margin-bottom: 16px; display: block; width: max-content; max-width: 100%; overflow: auto; }
  th, td { border: 1px solid ${border}; padding: 6px 13px; text-align: left; }
  tr:nth-child(2n) td { background: ${row}; }
  code { font: 85% "Liberation Mono", monospace; background: ${code}; padding: .2em .4em; border-radius: 6px; white-space: break-spaces; }
  samp { font: 85% "Liberation Mono", monospace; }
  pre.mermaid { margin: 0; font-family: ${fonts}; }`;
};

/** @param {Scheme} scheme */
const logStyle = (scheme) => {
  const { page, text, error } = schemes[scheme];
  return `
  body { margin: 0; background: ${page}; color: ${text}; } b { color: ${error}; font-weight: normal; }
  pre { font: 13px/1.6 "Liberation Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 16px 20px; }`;
};

/** @param {string} markdown */
const toHtml = async (markdown) =>
  (await marked.parse(markdown)).replaceAll(
    /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
    '<pre class="mermaid">$1</pre>',
  );

const summary = await toHtml((await run(exports)).summary);
const failed = await run([failing]);
const summaryOfOne = await toHtml(failed.summary);
const log = failed.log
  .split('\n')
  .filter((line) => !line.startsWith('::add-mask::'))
  .map((line) => htmlEscape(line.replace(/%25/g, '%')))
  .map((line) => line.replace(/^::error [^:]*::(.*)/, '<b>Error: $1</b>'))
  .join('\n');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

/** @param {string} style @param {string} body @param {number} width */
async function openPage(style, body, width) {
  const page = await browser.newPage({ viewport: { width, height: 100 }, deviceScaleFactor: 2 });
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>${style}</style>${body}`);
  return page;
}

/** @param {string} html @param {string} file @param {Scheme} scheme @param {number} width */
async function drawSummary(html, file, scheme, width) {
  const page = await openPage(summaryStyle(scheme), html, width);
  await page.addScriptTag({ path: here('../node_modules/mermaid/dist/mermaid.min.js') });
  await page.evaluate(
    `mermaid.initialize({ startOnLoad: false, theme: '${schemes[scheme].mermaid}' }); mermaid.run()`,
  );
  await page.screenshot({ path: file, fullPage: true });
  await page.close();
}

/** @param {string} file @param {Scheme} scheme @param {number} width */
async function drawLog(file, scheme, width) {
  const page = await openPage(logStyle(scheme), `<pre>${log.trim()}</pre>`, width);
  await page.screenshot({ path: file, fullPage: true });
  await page.close();
}

await drawSummary(summary, here('../docs/summary.png'), 'light', 1048);
await drawLog(here('../docs/failed-run.png'), 'dark', 1048);

// To be looked at: each in both schemes, on a narrow screen and on a wide one.
const [folder] = process.argv.slice(2);
for (const scheme of /** @type {Scheme[]} */ (folder === undefined ? [] : ['light', 'dark'])) {
  for (const width of [400, 1200]) {
    const fileOf = (/** @type {string} */ name) =>
      join(folder ?? '', `${name}-${scheme}-${width}.png`);
    await drawSummary(summary, fileOf('summary'), scheme, width);
    await drawSummary(summaryOfOne, fileOf('summary-of-one'), scheme, width);
    await drawLog(fileOf('failed-run'), scheme, width);
  }
}
await browser.close();
