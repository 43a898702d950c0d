import type { Agent } from 'node:http';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

/** Most that is read at once. */
const READ_BYTES = 64 * 1024;
/** The same for a large body, which takes a quarter less time. What is not filled takes no memory. */
const LARGE_READ_BYTES = 1024 * 1024;

/** By the socket of a connection, what has it read more at once. */
const enlarge = new WeakMap<Socket, () => void>();

/**
 * Opens a connection that reads into the same memory again and again. Node.js would take new memory for each read,
 * which for a large report takes as long as hashing it.
 *
 * @param onRead is given what was read, and says whether it goes on using that memory
 */
export function connectInPlace(
  options: TcpNetConnectOpts,
  onRead: (bytes: Buffer) => boolean,
): Socket {
  let memory = Buffer.allocUnsafeSlow(READ_BYTES);
  const onread = {
    buffer: () => memory,
    callback: (length: number, buffer: Buffer) => {
      const isKept = onRead(buffer.subarray(0, length));
      if (isKept) memory = Buffer.allocUnsafeSlow(memory.length);
      return true;
    },
  };
  // The path is that of the request, where a socket would take it for its own.
  const socket = connect({ ...options, path: undefined, onread } as TcpNetConnectOpts);
  enlarge.set(socket, () => {
    if (memory.length < LARGE_READ_BYTES) memory = Buffer.allocUnsafeSlow(LARGE_READ_BYTES);
  });
  return socket;
}

/** Has the connections of an agent for plain http read like that: its parser makes copies of what it passes on. */
export function readInPlace(agent: Agent): void {
  agent.createConnection = (options) => {
    const socket = connectInPlace(options as TcpNetConnectOpts, (bytes) => {
      socket.emit('data', bytes);
      return false;
    });
    return socket;
  };
}

/** Has a connection without TLS read more at once from now on; what is encrypted would wait for its turn in memory. */
export function readMore(socket: Socket): void {
  enlarge.get(socket)?.();
}

/**
 * Frees the memory of what is needed no more: the garbage collector would let a hundred megabytes of it gather, since it
 * sees only the small object in front of each. (Node.js 20 leaves it to the collector.)
 */
export function freeBuffer({ buffer, byteLength }: Buffer): void {
  // What is shorter may share its memory with others.
  if (byteLength !== buffer.byteLength) return;
  (buffer as { transfer?: (length: number) => void }).transfer?.(0);
}
