import { readServerMessage } from "../../wire/control-message.js";

/**
 * Reads images from a WebSocket, one per message. A browser opens only six HTTP connections to a
 * server, for all of its pages, but hundreds of WebSockets.
 *
 * @returns why there are no more; undefined if it did not open
 */
export function followSocket(
  address: string,
  signal: AbortSignal,
  onBegin: () => void,
  onImage: (jpeg: Uint8Array<ArrayBuffer>) => void,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(address);
    } catch {
      // Firefox, where the page's policy forbids the address.
      resolve(undefined);
      return;
    }
    let isOpen = false;
    let bye: string | undefined;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      isOpen = true;
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (signal.aborted) return;
      if (typeof data !== "string") {
        onImage(new Uint8Array(data));
        return;
      }
      const message = readServerMessage(data);
      if (message?.type === "hello") onBegin();
      else if (message?.type === "bye") bye = message.reason;
    };
    socket.onclose = ({ reason }) =>
      resolve(isOpen ? (bye ?? (reason || "the connection broke")) : undefined);
    socket.onerror = () => {
      // Chromium fires no close where the page's policy forbids the address.
      if (!isOpen) resolve(undefined);
    };
    signal.addEventListener("abort", () => socket.close());
  });
}
