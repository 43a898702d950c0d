// The least that can wait for a job: what a careful author would write by hand, without a dependency.
'use strict';
const { appendFileSync } = require('node:fs');

const url = new URL('/services/rest/v1/export/job/status', process.env['INPUT_BASE-URL']);
const { request } = url.protocol === 'https:' ? require('node:https') : require('node:http');
const body = JSON.stringify({ jobCode: process.env['INPUT_REQUEST-ID'] });
const headers = {
  Authorization: `bearer ${process.env.INPUT_TOKEN}`,
  'Content-Type': 'application/json',
};
const options = { method: 'POST', headers, ca: process.env['INPUT_CA-CERTIFICATE'] };

function poll() {
  const sent = request(url, options, async (response) => {
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    const { status, filePath } = JSON.parse(Buffer.concat(chunks).toString());
    if (status !== 'COMPLETE') {
      setTimeout(poll, 1000);
      return;
    }
    appendFileSync(process.env.GITHUB_OUTPUT ?? '', `status=${status}\nfilePath=${filePath}\n`);
  });
  sent.end(body);
}
poll();
