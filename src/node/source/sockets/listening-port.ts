import type { ListenOptions, Server } from "node:net";
import type { ListenerEvents } from "../connection.js";
import { listenError } from "./socket-errors.js";

/**
 * Lets `server` listen and reports the result: `listening`, and `closed` exactly once.
 *
 * @param address what it listens on, for messages
 * @returns closes the port; the server counts as closed once its connections are closed too
 */
export function openPort(
  server: Server,
  options: ListenOptions,
  address: string,
  events: Pick<ListenerEvents, "state" | "closed">,
): () => void {
  let phase: "opening" | "listening" | "closed" = "opening";
  let closing = false;
  let failure: Error | undefined;
  server.on("listening", () => {
    phase = "listening";
    // Node listens even if `close` was called during the lookup of a name.
    if (closing) return void server.close();
    const bound = server.address();
    if (typeof bound === "string") events.state({ type: "listening", address: bound, port: undefined });
    else if (bound) events.state({ type: "listening", address: bound.address, port: bound.port });
  });
  server.on("error", (error) => {
    failure ??= listenError(error, address, options.port, "tcp");
    if (phase === "listening") return void server.close();
    phase = "closed";
    events.closed(failure);
  });
  server.on("close", () => {
    if (phase !== "listening") return;
    phase = "closed";
    events.closed(failure);
  });
  server.listen(options);
  return () => {
    closing = true;
    if (phase === "listening") server.close();
  };
}
