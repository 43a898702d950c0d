import type { Agent, IncomingMessage } from 'node:http';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { connectInPlace, freeBuffer } from './buffers.ts';

/** How often it is looked whether all has been read that came before the end. */
const LOOK_MS = 20;

/** Connections that ended without the alert by which TLS says that nothing is missing. */
const cutOff = new WeakSet<object>();

/** An error where a body has not come to its end, or only the end of its connection is one and somebody on the way made it. */
export function missingEnd({ complete, headers, socket }: IncomingMessage): Error | undefined {
  if (!complete) return new Error('the connection was closed before the end');
  // What is compressed says itself where it ends.
  const isOpenEnded =
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    !/gzip|deflate|br|zstd/i.test(headers['content-encoding'] ?? '');
  return isOpenEnded && cutOff.has(socket)
    ? new Error('the connection ended without the end of TLS')
    : undefined;
}

/**
 * Has the connections of an agent checked for how they end: Node.js takes the end of TCP for the end of
 * TLS, so that anyone on the way could cut off a body that has no length.
 * See https://www.rfc-editor.org/rfc/rfc9112#section-9.8
 */
export function checkEnds(agent: Agent): void {
  agent.createConnection = (options) => openChecked(options as TcpNetConnectOpts);
}

function openChecked(options: TcpNetConnectOpts & ConnectionOptions): TLSSocket {
  const tcp = connectInPlace(options, (bytes) => {
    if (!stream.push(bytes)) tcp.pause();
    return stream.readableLength > 0;
  });
  const stream = toStream(tcp);
  const secure = connectTls({ ...options, socket: stream });
  secure.on('data', (bytes: Buffer) => {
    // The parser of http makes a copy of it, but hears of it after this.
    process.nextTick(freeBuffer, bytes);
  });
  // An idle connection must not keep the process alive: the agent tells `secure`, which does not pass it on.
  secure.ref = () => {
    tcp.ref();
    return secure;
  };
  secure.unref = () => {
    tcp.unref();
    return secure;
  };
  tcp.once('error', (error) => secure.destroy(error));
  tcp.once('end', () => {
    // The end is passed on late: had TLS said it before, `secure` would have ended by then.
    const look = setInterval(() => {
      const isUnread = stream.readableLength > 0 || secure.readableLength > 0;
      if (isUnread && !secure.destroyed) return;
      clearInterval(look);
      if (!secure.readableEnded && !secure.destroyed) cutOff.add(secure);
      stream.push(null);
    }, LOOK_MS);
  });
  return secure;
}

/** A socket as a stream that does not end by itself. Whoever reads from the socket pushes what came. */
function toStream(tcp: Socket): Duplex {
  return new Duplex({
    read: () => {
      tcp.resume();
    },
    write: (chunk: Buffer, _, done) => {
      tcp.write(chunk, done);
    },
    final: (done) => {
      tcp.end(done);
    },
    destroy: (error, done) => {
      tcp.destroy();
      done(error);
    },
  });
}
