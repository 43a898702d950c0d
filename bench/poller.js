// The least that can wait for a job: what a careful author would write by hand, without a dependency.
import { appendFileSync } from 'node:fs';
import { request } from 'node:http';

const url = new URL('/services/rest/v1/export/job/status', process.env['INPUT_BASE-URL']);
const body = JSON.stringify({ jobCode: process.env['INPUT_REQUEST-ID'] });
const headers = {
  Authorization: `bearer ${process.env.INPUT_TOKEN}`,
  'Content-Type': 'application/json',
};
const ask = () =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    });
    asked.on('error', reject).end(body);
  });
let response = await ask();
while (response.status !== 'COMPLETE') {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  response = await ask();
}
appendFileSync(
  process.env.GITHUB_OUTPUT ?? '',
  `status=${response.status}\nfilePath=${response.filePath}\n`,
);
