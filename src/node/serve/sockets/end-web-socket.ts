import type { WebSocket } from "ws";
import { writeControlMessage } from "../../../wire/control-message.js";
import type { ServeError } from "../serve-error.js";

/** Gives the reason in a message, which has room for all of it, and in the close frame. */
export function endWebSocket(ws: WebSocket, error: ServeError): void {
  ws.on("error", () => undefined);
  if (ws.readyState !== ws.OPEN) return;
  ws.send(writeControlMessage({ type: "bye", reason: error.message }));
  ws.close(error.closeCode, error.closeReason);
  const timer = setTimeout(() => ws.terminate(), 1000);
  ws.once("close", () => clearTimeout(timer));
}
