import { gzipSync } from 'node:zlib';

/**
 * What can go wrong between a poll and its response.
 *
 * @typedef {'reset' | 'reset-mid-body' | 'trickle' | 'silence' | 'empty' | 'html' | 'truncated-json'
 *   | 'bad-gzip' | 'redirect' | 'huge-headers' | 'huge-body'} NamedError
 * @typedef {NamedError | import('./providers.js').Reply} SimulatedError
 * @typedef {import('node:http').ServerResponse} Response
 */

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** @type {Readonly<Record<NamedError, (response: Response) => void>>} */
const errors = {
  reset: (response) => {
    response.socket?.resetAndDestroy();
  },
  'reset-mid-body': (response) => {
    response.writeHead(200, { ...JSON_TYPE, 'Content-Length': '1000' });
    response.write('{"status":', () => {
      response.socket?.resetAndDestroy();
    });
  },
  trickle: (response) => {
    response.writeHead(200, JSON_TYPE);
    const timer = setInterval(() => response.write(' '), 100);
    response.on('close', () => {
      clearInterval(timer);
    });
  },
  silence: () => {
    // The connection stays open and nothing is ever said.
  },
  empty: (response) => {
    response.writeHead(200, JSON_TYPE).end();
  },
  html: (response) => {
    response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end('<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body>');
  },
  'truncated-json': (response) => {
    response.writeHead(200, JSON_TYPE).end('{"status":"COMP');
  },
  'bad-gzip': (response) => {
    const packed = gzipSync('{"status":"COMPLETE"}');
    packed.fill(0x55, 10);
    response.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }).end(packed);
  },
  redirect: (response) => {
    response.writeHead(302, { Location: 'https://login.elsewhere.example/sign-in?next=/' }).end();
  },
  'huge-headers': (response) => {
    response.writeHead(200, { ...JSON_TYPE, 'X-Filler': 'x'.repeat(64 * 1024) }).end('{}');
  },
  'huge-body': (response) => {
    response.writeHead(200, JSON_TYPE);
    const filler = Buffer.alloc(64 * 1024, 0x20);
    const more = () => {
      while (!response.destroyed && response.write(filler));
    };
    response.on('drain', more);
    more();
  },
};

/** @type {readonly string[]} */
export const errorNames = Object.keys(errors);

/** @param {Response} response @param {SimulatedError} error */
export function play(response, error) {
  if (typeof error === 'string') {
    errors[error](response);
  } else {
    reply(response, error);
  }
}

/** @param {Response} response @param {import('./providers.js').Reply} reply */
export function reply(response, { status, headers, body }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { ...JSON_TYPE, ...headers }).end(text);
}
