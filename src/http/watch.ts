import type http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';

type Module = typeof http | typeof https;

/**
 * The module with requests that tell when their connection is open: from then on they may reach the server.
 * A connection that does not say that it is still being opened is taken for an open one.
 */
export function withWatch(module: Module, onOpen: () => void): Module {
  const request: typeof https.request = (...args: unknown[]) => {
    const sent = module.request(...(args as Parameters<typeof https.request>));
    sent.once('socket', (socket: Socket & { readonly secureConnecting?: boolean }) => {
      if (socket.secureConnecting) socket.once('secureConnect', onOpen);
      else if (socket.connecting) socket.once('connect', onOpen);
      else onOpen();
    });
    return sent;
  };
  // Not a copy of the module: to read all that it exports loads undici, which takes longer than a poll.
  return Object.create(module, { request: { value: request } }) as Module;
}
