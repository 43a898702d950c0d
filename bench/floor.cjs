// One question, and every built-in module that @actions/core and @actions/http-client load with it:
// below this no action on these two libraries can come.
const modules = ['assert', 'child_process', 'crypto', 'events', 'https', 'net', 'os', 'path'];
for (const name of [...modules, 'string_decoder', 'timers', 'tls', 'url', 'util', 'zlib'])
  require(name);
const { appendFileSync, promises } = require('fs');
const { request } = require('http');

void promises;
const url = new URL('/services/rest/v1/export/job/status', process.env['INPUT_BASE-URL']);
const asked = request(url, { method: 'POST' }, (answer) => {
  answer.on('data', (chunk) => {
    appendFileSync(process.env.GITHUB_OUTPUT ?? '', `status=${JSON.parse(chunk).status}\n`);
    process.exit();
  });
});
asked.end('{}');
