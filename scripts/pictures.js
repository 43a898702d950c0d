// Draws the pictures in the README: runs the bundle against the simulator, renders its summary as GitHub does
// (Markdown, then Mermaid) and its log as a runner shows it, and keeps a screenshot of each.
// Needs a Chromium: CHROMIUM=/usr/bin/chromium npm run pictures
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

const style = `
  body { font: 16px/1.5 -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif, "Noto Color Emoji"; margin: 24px; width: 1000px; color: #1f2328; }
  table { border-collapse: collapse; margin-bottom: 16px; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; }
  tr:nth-child(odd) td { background: #f6f8fa; } code { font-size: 85%; background: #818b981f; padding: .2em .4em; border-radius: 6px; }`;

const logStyle = `
  body { margin: 0; background: #0d1117; color: #d1d7e0; } b { color: #ff9492; font-weight: normal; }
  pre { font: 13px/1.6 "Liberation Mono", monospace; white-space: pre-wrap; margin: 16px 20px; }`;

const summary = (await marked.parse((await run(exports)).summary)).replaceAll(
  /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
  '<pre class="mermaid">$1</pre>',
);

const log = (await run([failing])).log
  .split('\n')
  .filter((line) => !line.startsWith('::add-mask::'))
  .map((line) => htmlEscape(line))
  .map((line) => line.replace(/^::error [^:]*::(.*)/, '<b>Error: $1</b>'))
  .join('\n');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({
  viewport: { width: 1048, height: 200 },
  deviceScaleFactor: 2,
});
await page.setContent(`<!doctype html><meta charset="utf-8"><style>${style}</style>${summary}`);
await page.addScriptTag({ path: here('../node_modules/mermaid/dist/mermaid.min.js') });
await page.evaluate('mermaid.run()');
await page.screenshot({ path: here('../docs/summary.png'), fullPage: true });
await page.setContent(
  `<!doctype html><meta charset="utf-8"><style>${logStyle}</style><pre>${log.trim()}</pre>`,
);
await page.screenshot({ path: here('../docs/failed-run.png'), fullPage: true });
await browser.close();
