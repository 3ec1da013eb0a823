import type { ServerResponse } from "node:http";
import type { Passing } from "../../../core/passing.js";
import type { Sink } from "../../../core/sink.js";
import type { Clock } from "../../../core/time.js";
import { FinalUnits } from "../../../live/relay/final-units.js";
import { Subscription } from "../../../live/relay/subscription.js";
import type { ServerMessage, StreamConfig } from "../../../wire/control-message.js";
import { FragmentedMp4 } from "../../../wire/fragmented-mp4.js";
import type { ServeConfig } from "../config/serve-config.js";
import { fitOneFile, type SealedUnit } from "../streams/sealed-unit.js";
import type { ServedStream, Watcher } from "../streams/served-stream.js";

/** Bytes that may wait in the buffer of Node's socket. */
const socketBytes = 256 * 1024;

/**
 * Makes the bytes of an access unit for a response; `end` if the response cannot continue with it.
 */
type Writer = (item: SealedUnit) => readonly Uint8Array[] | "end";

/**
 * One reader over HTTP. It gets whole access units as fast as its connection takes them. If it
 * falls behind, the server drops access units for it, as for any viewer.
 */
export class HttpReader implements Watcher {
  readonly #response: ServerResponse;
  readonly #stream: ServedStream;
  readonly #subscription: Subscription<SealedUnit, SealedUnit>;
  readonly #final: FinalUnits<SealedUnit>;

  /** @param stream counts what this reader gets, and what is dropped for it */
  constructor(
    response: ServerResponse,
    writer: Writer,
    clock: Clock,
    config: ServeConfig,
    stream: ServedStream,
  ) {
    this.#response = response;
    this.#stream = stream;
    const output: Sink<SealedUnit> = {
      push: (item) => this.#write(writer(item)),
      close: () => void response.end(),
    };
    this.#subscription = new Subscription(output, clock, {
      mayDeliver: () => response.writableLength <= socketBytes,
      keep: (item) => item,
      onDrop: (reason) => stream.figures.dropped(reason),
      maxBytes: config.bounds.maxWaitingBytes,
      maxAgeMs: config.bounds.maxWaitingMs,
    });
    this.#final = new FinalUnits(this.#subscription);
    response.on("drain", () => this.#subscription.resume());
  }

  push(item: Passing<SealedUnit>): void {
    this.#final.push(this.#stream.keep(item));
  }

  tell({ type }: ServerMessage): void {
    if (type === "gone") this.#final.flush();
  }

  /** The stream has ended. The reader still gets what waits for its connection. */
  close(): void {
    this.#final.flush();
    this.#subscription.flush();
    this.#final.close();
  }

  #write(parts: readonly Uint8Array[] | "end"): void {
    if (this.#response.writableEnded) return;
    if (parts === "end") {
      this.#response.end();
      return;
    }
    for (const part of parts) {
      this.#stream.figures.sent(part.length);
      this.#response.write(part);
    }
  }
}

/** Writes raw H.264 (Annex B) with the parameter sets before each group. */
export function annexBWriter(): Writer {
  return ({ unit, object }) => (object === 0 ? [unit.parameterSets, unit.data] : [unit.data]);
}

/**
 * Writes fragmented MP4, one fragment per picture. Ends when the stream's size or codec changes.
 */
export function mp4Writer(): Writer {
  let started: { readonly mp4: FragmentedMp4; readonly config: StreamConfig } | undefined;
  return ({ unit, object, config }) => {
    if (started && !fitOneFile(started.config, config)) return "end";
    if (!started && object !== 0) return [];
    const isFirst = started === undefined;
    started ??= { mp4: new FragmentedMp4(unit), config };
    const fragment = started.mp4.fragment(unit);
    return [...(isFirst ? [started.mp4.header] : []), ...(fragment ? [fragment] : [])];
  };
}
