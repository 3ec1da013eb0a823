import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type WebSocket, WebSocketServer } from "ws";
import { IssueCounter } from "../../src/core/issues.js";
import type { Passing } from "../../src/core/passing.js";
import type { Sink } from "../../src/core/sink.js";
import type { NumberedAccessUnit } from "../../src/h264/access-unit.js";
import { AccessUnitMemory } from "../../src/h264/access-units/access-unit-memory.js";
import { receiveAccessUnits } from "../../src/h264/access-units/receive-access-units.js";
import { LowDelayStream } from "../../src/h264/order/low-delay-stream.js";
import { GroupNumbering } from "../../src/live/relay/group-numbering.js";
import { LiveStream } from "../../src/live/relay/live-stream.js";
import { systemClock } from "../../src/node/clock.js";
import { decodeAccessUnit, encodeAccessUnit } from "../../src/wire/access-unit-message.js";
import {
  readViewerMessage,
  type ServerMessage,
  type ViewerMessage,
  writeControlMessage,
} from "../../src/wire/control-message.js";

const playerPath = fileURLToPath(new URL("../../dist/browser/player.js", import.meta.url));

type RelayedUnit = NumberedAccessUnit & { readonly message: Uint8Array };

/**
 * The coded side of one publisher's stream, watched by any number of players; a page with one
 * player at `/`.
 */
export class Relay {
  readonly stream = new LiveStream<Passing<RelayedUnit>, RelayedUnit, undefined>(
    {
      bytes: ({ message }) => message,
      shared: () => undefined,
      unpack: (message) => ({ ...decodeAccessUnit(message), message }),
    },
    new AccessUnitMemory(),
  );
  readonly heard: ViewerMessage[] = [];
  readonly viewers = new Set<WebSocket>();
  /** Looks at each message before it is sent; false: it is left out. */
  filter: (group: number, object: number) => boolean = () => true;
  /** Changes the player before it is served. */
  rewritePlayer: (code: string) => string = (code) => code;
  readonly #server: Server;
  readonly #input: ReturnType<typeof receiveAccessUnits>["input"];
  #edge: { epoch: number; group: number; object: number } | undefined;

  private constructor(server: Server) {
    this.#server = server;
    const issues = new IssueCounter();
    const relay: Sink<Passing<NumberedAccessUnit>> = {
      push: (item) => {
        this.#edge = { epoch: item.unit.epoch, group: item.group, object: item.object };
        this.stream.push({ ...item, message: encodeAccessUnit(item) });
      },
      close: () => this.stream.close(),
    };
    const numbered = new LowDelayStream(new GroupNumbering(relay, issues));
    this.#input = receiveAccessUnits(numbered, systemClock, issues).input;
    new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (viewer) =>
      this.#serve(viewer),
    );
  }

  static async start(): Promise<Relay> {
    let relay: Relay | undefined;
    const server = createServer((request, response) => {
      if (request.url === "/player.js") {
        response.setHeader("content-type", "text/javascript");
        response.end(relay?.rewritePlayer(readFileSync(playerPath, "utf8")));
      } else {
        response.setHeader("content-type", "text/html");
        response.end(page);
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    relay = new Relay(server);
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Bytes of the publisher, cut anywhere. */
  publish(data: Uint8Array): void {
    this.#input.push({ data, receivedAt: systemClock.now(), framing: "none" });
  }

  /** The publisher leaves: what it sent is complete. */
  endOfInput(): void {
    this.#input.endOfInput();
  }

  tell(message: ServerMessage): void {
    for (const viewer of this.viewers) viewer.send(writeControlMessage(message));
  }

  disconnect(): void {
    for (const viewer of this.viewers) viewer.terminate();
  }

  async stop(): Promise<void> {
    this.disconnect();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(viewer: WebSocket): void {
    this.viewers.add(viewer);
    const edge = this.stream.cachedUnits > 0 ? this.#edge : undefined;
    const say = (message: ServerMessage) => viewer.send(writeControlMessage(message));
    say({
      type: "hello",
      version: 1,
      stream: "cam",
      state: "live",
      ...(edge ? { edge } : {}),
      now: systemClock.now(),
      ackEveryMs: 100,
    });
    const unsubscribe = this.stream.subscribe({
      push: ({ group, object, message }) => {
        if (this.filter(group, object)) viewer.send(message);
      },
      close: () => viewer.close(),
    });
    viewer.on("message", (data) => {
      const message = readViewerMessage(data.toString());
      if (!message) return;
      this.heard.push(message);
      if (message.type === "clock") say({ type: "clock", sentAt: message.sentAt, now: systemClock.now() });
    });
    viewer.on("close", () => {
      unsubscribe();
      this.viewers.delete(viewer);
    });
  }
}

/** A page with one player in two lines, and notes of what it told. */
const page = `<!doctype html><title>player</title><style>body { margin: 0 }</style>
<script>
  addEventListener("DOMContentLoaded", () => {
    const player = document.querySelector("nalive-player");
    window.told = [];
    for (const type of ["picture", "tier", "state", "held", "error"])
      player.addEventListener(type, (event) => told.push({ type, ...event.detail, ...(type === "state" ? { state: event.detail.type } : {}), event: type }));
  });
</script>
<script type="module" src="/player.js"></script>
<nalive-player src="/streams/cam/ws" style="width: 640px"></nalive-player>`;
