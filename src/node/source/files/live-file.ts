import { createReadStream } from "node:fs";
import type { Clock } from "../../../core/time.js";
import type { ConnectionEvents, Dialer } from "../connection.js";
import { cutPictures } from "./cut-pictures.js";
import { fileError, fileKind, fileReadBytes } from "./file.js";
import { Pacer } from "./pacer.js";

/**
 * Plays a raw H.264 file as a camera would send it: `fps` pictures per second, each in one piece.
 * `pause()` stops it.
 */
export function liveFileDialer(path: string, fps: number, loop: boolean, clock: Clock): Dialer {
  return {
    framing: "none",
    dial(events) {
      const playing = new Playing(path, loop, new Pacer(clock, fps), events);
      return {
        pause: () => playing.pause(),
        resume: () => playing.resume(),
        close: () => playing.close(),
      };
    },
  };
}

class Playing {
  readonly #path: string;
  readonly #loop: boolean;
  readonly #pacer: Pacer;
  /** While it is paused: `over` resolves when it continues. */
  #pause: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #closing = false;

  constructor(path: string, loop: boolean, pacer: Pacer, events: ConnectionEvents) {
    this.#path = path;
    this.#loop = loop;
    this.#pacer = pacer;
    this.#play(events).then(
      () => events.closed(undefined, true),
      (error) => events.closed(fileError(error, path), true),
    );
  }

  pause(): void {
    if (this.#pause || this.#closing) return;
    let end!: () => void;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#pause = { over, end };
  }

  resume(): void {
    if (!this.#pause) return;
    this.#pacer.restart();
    this.#pause.end();
    this.#pause = undefined;
  }

  close(): void {
    this.#closing = true;
    this.#pacer.stop();
    this.#pause?.end();
  }

  async #play(events: ConnectionEvents): Promise<void> {
    // Opening it would wait for a writer, and nothing could end the wait.
    if (fileKind(this.#path) === "live")
      throw new Error("it is a named pipe, whose writer sets the rate: leave fps out");
    let connected = false;
    let sent: boolean;
    do {
      sent = false;
      for await (const { data } of cutPictures(
        createReadStream(this.#path, { highWaterMark: fileReadBytes }),
      )) {
        if (!connected) events.connected(this.#path);
        connected = true;
        await this.#pause?.over;
        if (!(await this.#pacer.turn())) return;
        events.data(data);
        sent = true;
      }
    } while (this.#loop && sent && !this.#closing);
  }
}
