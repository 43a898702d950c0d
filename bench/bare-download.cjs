// The least that can save a report with Node.js: every chunk is hashed and written, nothing is looked at.
'use strict';
const { createHash } = require('node:crypto');
const { createWriteStream } = require('node:fs');
const { get } = require('node:http');
const { join } = require('node:path');

const hash = createHash('sha256');
const file = createWriteStream(join(process.env.GITHUB_WORKSPACE ?? '', 'report.csv'));
get(process.env['INPUT_BASE-URL'] ?? '', (response) => {
  response.on('data', (chunk) => hash.update(chunk));
  response.pipe(file);
});
file.once('finish', () => console.log(hash.digest('hex')));
