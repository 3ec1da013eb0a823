import type { Stats } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../../core/time.js";
import type { Recording, RecordingState } from "../api/schema.js";
import type { ServeConfig } from "../config/serve-config.js";
import type { Log } from "../log.js";
import { ServeError } from "../serve-error.js";
import type { ServedStream } from "../streams/served-stream.js";
import { completeRecording } from "./complete-recording.js";
import { Recorder } from "./recorder.js";
import { streamOfRecording } from "./recording-name.js";

/** A file that does not grow for this long is not being written, ms. */
const restMs = 3000;

/** The recordings of a server: those in progress and the files in the folder. */
export class Recordings {
  readonly #config: ServeConfig["recording"];
  readonly #clock: Clock;
  readonly #log: Log;
  /** Those that take pictures. */
  readonly #recorders = new Map<string, Recorder>();
  /** Those that only complete their files. */
  readonly #ending = new Set<Recorder>();
  readonly #starting = new Map<string, Promise<Recorder>>();
  readonly #failures = new Map<string, string>();
  readonly #closing = new AbortController();
  #completing: Promise<void> = Promise.resolve();

  constructor(config: ServeConfig["recording"], clock: Clock, log: Log) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
  }

  /** Absolute path of the folder that holds the files. */
  get folder(): string {
    return resolve(this.#config.folder);
  }

  /**
   * Call for each new stream, and for each one when the configuration changes. If
   * `recording.always` names it, its recording starts whenever a publisher attaches.
   */
  opened(stream: ServedStream): void {
    const { always } = this.#config;
    stream.onPublished = () => undefined;
    if (!always.includes("*") && !always.includes(stream.name)) return;
    // `#begin` has logged the failure, and `state` reports it.
    stream.onPublished = () => void this.start(stream).catch(() => undefined);
  }

  /** Call when a stream has ended. */
  forget({ name }: ServedStream): void {
    this.#failures.delete(name);
  }

  /**
   * Completes, in the background, the files that a crash left without an index. Leaves alone what
   * another process writes.
   */
  completeUnfinished(): void {
    this.#completing = this.#completeUnfinished().catch(() => undefined);
  }

  /**
   * Starts recording; does nothing if the stream is being recorded already.
   * @throws ServeError `NALIVE_RECORDING_FAILED`
   */
  async start(stream: ServedStream): Promise<RecordingState> {
    const { name } = stream;
    if (!this.#recorders.has(name)) {
      const starting = this.#starting.get(name) ?? this.#begin(stream);
      this.#starting.set(name, starting);
      await starting.finally(() => this.#starting.delete(name));
    }
    return this.state(name);
  }

  /**
   * Stops recording; resolves once the files are complete. Does nothing if the stream is not being
   * recorded.
   */
  async stop(name: string): Promise<RecordingState> {
    await this.#starting.get(name);
    const recorder = this.#recorders.get(name);
    // A new recording may begin while this one's files are being completed.
    await recorder?.stop();
    return { ...this.state(name), files: recorder?.files ?? [], dropped: recorder?.dropped ?? 0 };
  }

  state(name: string): RecordingState {
    const recorder = this.#recorders.get(name);
    const failure = this.#failures.get(name);
    return {
      isRecording: recorder !== undefined,
      files: recorder?.files ?? [],
      bytes: recorder?.bytes ?? 0,
      dropped: recorder?.dropped ?? 0,
      ...(failure === undefined ? {} : { failure }),
    };
  }

  /** The recordings in the folder, newest first. */
  async list(): Promise<Recording[]> {
    const names = await readdir(this.#config.folder).catch(() => []);
    const files = await Promise.all(
      names.map(async (file) => {
        const stream = streamOfRecording(file);
        const found = await this.#find(file);
        if (stream === undefined || !found) return [];
        const changedAt = found.mtime.toISOString();
        return [{ file, stream, bytes: found.size, changedAt, isOpen: this.#isOpen(stream, file) }];
      }),
    );
    return files.flat().sort((a, b) => (a.changedAt < b.changedAt ? 1 : -1));
  }

  /**
   * The stream that an existing recording belongs to.
   * @throws ServeError `NALIVE_NO_SUCH_RECORDING` if there is no such file
   */
  async streamOf(file: string): Promise<string> {
    const stream = streamOfRecording(file);
    if (stream !== undefined && (await this.#find(file))) return stream;
    const shown = file.slice(0, 100).replace(/[^\x20-\x7e]/g, "?");
    throw new ServeError(
      "NALIVE_NO_SUCH_RECORDING",
      `No such recording: ${shown}. /api/recordings lists all of them`,
    );
  }

  /** @throws ServeError `NALIVE_NO_SUCH_RECORDING`, also for one still being written */
  async delete(file: string): Promise<void> {
    const stream = await this.streamOf(file);
    if (this.#isOpen(stream, file)) {
      throw new ServeError(
        "NALIVE_NO_SUCH_RECORDING",
        `The recording ${file} is still being written: stop recording ${stream} first`,
      );
    }
    await rm(join(this.#config.folder, file));
  }

  /** Stops all recordings; resolves once their files are complete. */
  async close(): Promise<void> {
    this.#closing.abort();
    const recorders = [...this.#recorders.values(), ...this.#ending];
    await Promise.all([this.#completing, ...recorders.map((recorder) => recorder.stop())]);
  }

  async #completeUnfinished(): Promise<void> {
    const { signal } = this.#closing;
    const names = await readdir(this.#config.folder).catch(() => []);
    for (const file of names) {
      const stream = streamOfRecording(file);
      if (stream === undefined || !(await this.#rests(file))) continue;
      if (signal.aborted || this.#isOpen(stream, file)) continue;
      await completeRecording(join(this.#config.folder, file)).then(
        (isNew) =>
          isNew && this.#log(`The recording ${file} was unfinished: it has an index now`, { stream }),
        (error: Error) => this.#noteNoIndex(stream, file, error),
      );
    }
  }

  /** True once a file does not grow; false if it does. */
  async #rests(file: string): Promise<boolean> {
    const before = await this.#find(file);
    if (!before || Date.now() - before.mtimeMs > restMs) return before !== undefined;
    await wait(restMs, undefined, this.#closing);
    return (await this.#find(file))?.size === before.size;
  }

  #noteNoIndex(stream: string, file: string, { message }: Error): void {
    const text = `The recording ${file} plays, but got no index: ${message}. It gets one at the next start`;
    this.#log(text, { stream }, "warn");
  }

  async #begin(stream: ServedStream): Promise<Recorder> {
    const { name } = stream;
    this.#failures.delete(name);
    const fail = ({ message, code }: ServeError) => {
      this.#failures.set(name, message);
      this.#log(message, { stream: name, code });
    };
    try {
      const recorder = await Recorder.start(stream, this.#clock, this.#config, {
        onSlowDisk: () =>
          this.#log(
            `The recording of ${name} lacks pictures because the disk is too slow; /api/streams/${name}/recording counts them (dropped)`,
            { stream: name },
            "warn",
          ),
        onNotIndexed: (path, error) => this.#noteNoIndex(name, basename(path), error),
        onFileFailed: fail,
        onEnding: (ending) => {
          if (this.#recorders.get(name) === ending) this.#recorders.delete(name);
          this.#ending.add(ending);
        },
        onEnded: (ended, failure) => {
          this.#ending.delete(ended);
          if (failure) fail(failure);
          else this.#log(`The recording of ${name} ended`, { stream: name });
        },
      });
      if (!recorder.isEnded) this.#recorders.set(name, recorder);
      this.#log(`The recording of ${name} started`, { stream: name });
      return recorder;
    } catch (error) {
      fail(error as ServeError);
      throw error;
    }
  }

  async #find(file: string): Promise<Stats | undefined> {
    const found = await lstat(join(this.#config.folder, file)).catch(() => undefined);
    return found?.isFile() ? found : undefined;
  }

  #isOpen(stream: string, file: string): boolean {
    if (this.#recorders.get(stream)?.files.at(-1) === file) return true;
    return [...this.#ending].some(({ files }) => files.includes(file));
  }
}
