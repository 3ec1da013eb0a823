import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { TLSSocket } from "node:tls";

/** Bytes before those that were read, for what was left over of an earlier read. */
export const roomBefore = 16;
/** What all of these sockets read into, from {@link roomBefore} on: each is done with its bytes before another one reads. */
export const readBuffer = new Uint8Array(roomBefore + 64 * 1024);

/** What Node's own sockets have, and are made with; its documentation does not tell. */
interface Handled {
  _handle?: object | null;
}

/**
 * Makes another socket of the same connection, one that reads into {@link readBuffer} (`onread` of `node:net`). Node allocates
 * 64 KiB for each read otherwise, gives back what was not needed and has the garbage collector free the rest: a tenth of what it
 * takes to relay a picture.
 *
 * @param socket nobody uses it any more, but for its server's count of connections: it ends with the new one
 * @param take told how many bytes were read, from the next turn on; they last for the call. There are no `data` events
 * @returns undefined where it cannot be, as with TLS: nothing has changed then
 */
export function oneBufferSocket(socket: Socket, take: (count: number) => void): Socket | undefined {
  const old = socket as Handled;
  const handle = old._handle;
  if (!handle || socket instanceof TLSSocket || !(socket instanceof Socket)) return undefined;
  const callback = (count: number): boolean => {
    take(count);
    return true;
  };
  const options: SocketConstructorOpts & { readonly handle: object; readonly onread: OnReadOpts } = {
    handle,
    allowHalfOpen: socket.allowHalfOpen,
    onread: { buffer: readBuffer.subarray(roomBefore), callback },
  };
  old._handle = null;
  return new Socket(options).once("close", () => socket.destroy());
}
