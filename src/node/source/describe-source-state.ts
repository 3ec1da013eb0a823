import type { SourceState } from "./source.js";

/** A sentence for a log or a status line, without a full stop. */
export function describeSourceState(event: SourceState): string {
  switch (event.type) {
    case "listening":
      return event.port === undefined
        ? `listening on ${event.address}`
        : `listening on ${hostPort(event.address, event.port)}`;
    case "connecting":
      return `connecting to ${event.to}`;
    case "connected":
      return `${event.peer} is connected`;
    case "refused":
      return `${event.peer} was refused: ${event.why}`;
    case "ended":
      return event.reason
        ? `${event.peer} disconnected: ${event.reason.message}`
        : `${event.peer} disconnected`;
    case "retrying": {
      const seconds = (event.inMs / 1000).toFixed(event.inMs < 1000 ? 2 : 1);
      return `trying again in ${seconds} s${event.error ? `: ${event.error.message}` : ""}`;
    }
    case "notice":
      return event.message;
  }
}

/** `host:port`, with the brackets that an IPv6 address needs. */
export function hostPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
