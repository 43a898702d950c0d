// One poll, and every built-in module that @actions/core (without @actions/exec) and
// @actions/http-client load with it: below this no action on these two libraries can come.
const modules = ['assert', 'crypto', 'events', 'https', 'net', 'os', 'path', 'tls', 'url', 'util'];
for (const name of modules) require(name);
const { appendFileSync, promises } = require('fs');
const { request } = require('http');

void promises;
const url = new URL('/services/rest/v1/export/job/status', process.env['INPUT_BASE-URL']);
const asked = request(url, { method: 'POST' }, (response) => {
  response.on('data', (chunk) => {
    appendFileSync(process.env.GITHUB_OUTPUT ?? '', `status=${JSON.parse(chunk).status}\n`);
    process.exit();
  });
});
asked.end('{}');
