// The least that can poll many jobs: ten connections that stay open, one poll for each job, nothing else.
'use strict';
const { Agent, request } = require('node:http');

const url = new URL('/services/rest/v1/export/job/status', process.env['INPUT_BASE-URL']);
const ids = (process.env['INPUT_REQUEST-ID'] ?? '').split('\n');
const agent = new Agent({ keepAlive: true, maxSockets: 10 });
const headers = {
  Authorization: `bearer ${process.env.INPUT_TOKEN}`,
  'Content-Type': 'application/json',
};
const poll = (/** @type {string} */ jobCode) =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()).status);
    });
    sent.once('error', reject).end(JSON.stringify({ jobCode }));
  });

async function pollAll() {
  const left = ids.values();
  const worker = async () => {
    for (const id of left) if ((await poll(id)) !== 'COMPLETE') throw new Error(`${id} goes on`);
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  agent.destroy();
}
void pollAll();
