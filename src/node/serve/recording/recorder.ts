import { access, constants, mkdir, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Passing } from "../../../core/passing.js";
import type { Clock } from "../../../core/time.js";
import { FinalUnits } from "../../../live/relay/final-units.js";
import { Subscription, type SubscriptionDropReason } from "../../../live/relay/subscription.js";
import type { ServerMessage } from "../../../wire/control-message.js";
import { FragmentedMp4 } from "../../../wire/fragmented-mp4.js";
import type { ServeConfig } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import { fitOneFile, type SealedUnit } from "../streams/sealed-unit.js";
import type { ServedStream, Watcher } from "../streams/served-stream.js";
import { completeRecording } from "./complete-recording.js";
import { GrowingFile } from "./growing-file.js";
import { recordingName } from "./recording-name.js";

/**
 * Bytes that may wait for a slow disk. Access units beyond that wait in the subscription, which can
 * drop them.
 */
const diskQueueBytes = 8 * 1024 * 1024;
/** How often to check the free space, and that the file is still there, ms. */
const checkMs = 2000;
const mebibyte = 1024 * 1024;

/** What a recorder does with the next access unit. */
type State =
  /** The next random access point starts a file. */
  | { readonly kind: "waiting" }
  /** The file is being created; `kept` are the access units to write then, up to the disk queue. */
  | { readonly kind: "opening"; readonly kept: SealedUnit[]; keptBytes: number }
  | Writing
  | { readonly kind: "ended"; readonly failure: ServeError | undefined };

interface Writing {
  readonly kind: "writing";
  readonly file: GrowingFile;
  readonly mp4: FragmentedMp4;
  readonly first: SealedUnit;
}

/** What a recorder reports to its owner. */
export interface RecorderNews {
  /** Called once, when the recorder first drops an access unit because the disk is too slow. */
  onSlowDisk(): void;
  /** Called when a file plays, but has no index because of an error. */
  onNotIndexed(file: string, error: Error): void;
  /** Called when the system reports that a file may not be whole. Recording goes on if it can. */
  onFileFailed(failure: ServeError): void;
  /** Called once, as soon as the recorder takes no more pictures; `onEnded` follows. */
  onEnding(recorder: Recorder): void;
  /** Called once, last; `failure` is set when nobody asked for the end. */
  onEnded(recorder: Recorder, failure: ServeError | undefined): void;
}

/**
 * Records a stream without re-encoding it, as fragmented MP4 with one fragment per picture. It
 * writes each picture as it arrives, so the file plays even after a crash. When the file ends, it
 * gets an index (`completeRecording`).
 *
 * It starts a new file when the size or codec changes, and after `segmentSeconds` or
 * `segmentMegabytes` if set; always at a random access point. Pictures of another size that come
 * before one are left out.
 */
export class Recorder implements Watcher {
  readonly #stream: ServedStream;
  readonly #config: ServeConfig["recording"];
  readonly #news: RecorderNews;
  readonly #subscription: Subscription<SealedUnit>;
  readonly #final: FinalUnits<SealedUnit>;
  #endWatching: () => void = () => undefined;
  readonly #files: string[] = [];
  readonly #closing = new Set<Promise<void>>();
  readonly #checks: NodeJS.Timeout;
  #state: State = { kind: "waiting" };

  /**
   * @throws ServeError `NALIVE_RECORDING_FAILED` when the folder cannot be created or written to,
   *   or the disk is full
   */
  static async start(
    stream: ServedStream,
    clock: Clock,
    config: ServeConfig["recording"],
    news: RecorderNews,
  ): Promise<Recorder> {
    try {
      await mkdir(config.folder, { recursive: true });
      await access(config.folder, constants.W_OK | constants.X_OK);
      await checkSpace(config);
    } catch (error) {
      throw failureOf(stream, error as Error, "cannot be recorded");
    }
    return new Recorder(stream, clock, config, news);
  }

  private constructor(
    stream: ServedStream,
    clock: Clock,
    config: ServeConfig["recording"],
    news: RecorderNews,
  ) {
    this.#stream = stream;
    this.#config = config;
    this.#news = news;
    const output = { push: (item: SealedUnit) => this.#take(item), close: () => this.#finish(undefined) };
    this.#subscription = new Subscription(output, clock, {
      mayDeliver: () => this.#mayTake(),
      keep: (item) => item,
      onDrop: (reason) => this.#noteDrop(reason),
    });
    this.#final = new FinalUnits(this.#subscription);
    const endWatching = stream.watch(this);
    // The stream may have ended meanwhile.
    if (this.isEnded) endWatching();
    else this.#endWatching = endWatching;
    this.#checks = setInterval(
      () => void this.#check().catch((error: Error) => this.#finish(failureOf(stream, error))),
      checkMs,
    );
    this.#checks.unref();
  }

  /** True once it takes no more pictures. */
  get isEnded(): boolean {
    return this.#state.kind === "ended";
  }

  /** Names of the files so far; the last is the one being written. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Size of the file being written. */
  get bytes(): number {
    return this.#state.kind === "writing" ? this.#state.file.bytes : 0;
  }

  /** Access units dropped because the disk was too slow. */
  get dropped(): number {
    return this.#subscription.dropped;
  }

  push(item: Passing<SealedUnit>): void {
    this.#final.push(this.#stream.keep(item));
  }

  tell({ type }: ServerMessage): void {
    if (type === "gone") this.#final.flush();
  }

  /** The stream has ended. The recorder still writes what waits for a slow disk. */
  close(): void {
    this.#final.flush();
    this.#subscription.flush();
    this.#final.close();
  }

  /** Ends the recording; resolves once the file is complete and on the disk. */
  async stop(): Promise<void> {
    this.close();
    await this.#allClosed();
  }

  #noteDrop(reason: SubscriptionDropReason): void {
    this.#stream.figures.droppedForRecording(reason);
    if (this.dropped === 1) this.#news.onSlowDisk();
  }

  #mayTake(): boolean {
    const state = this.#state;
    if (state.kind === "opening") return state.kept.length < 1000 && state.keptBytes < diskQueueBytes;
    return state.kind !== "writing" || state.file.queuedBytes < diskQueueBytes;
  }

  #take(item: SealedUnit): void {
    const state = this.#state;
    if (state.kind === "opening") {
      state.kept.push(item);
      state.keptBytes += item.frame.length;
    } else if (state.kind === "waiting") {
      if (item.object === 0) this.#closesAfter(this.#open(item));
    } else if (state.kind === "writing") {
      if (this.#fits(state, item)) write(state, item);
      else this.#startNext(state, item);
    }
  }

  /** Ends the file; `item` starts the next one if it can. */
  #startNext(state: Writing, item: SealedUnit): void {
    this.#closesAfter(this.#complete(state.file));
    this.#state = { kind: "waiting" };
    this.#take(item);
  }

  /** False if `item` needs a new file. */
  #fits({ file, first }: Writing, item: SealedUnit): boolean {
    if (!fitOneFile(first.config, item.config)) return false;
    if (item.object !== 0) return true;
    const { segmentSeconds, segmentMegabytes } = this.#config;
    const seconds = (item.unit.lastByteAt - first.unit.lastByteAt) / 1_000_000;
    if (segmentSeconds > 0 && seconds >= segmentSeconds) return false;
    return segmentMegabytes === 0 || file.bytes < segmentMegabytes * mebibyte;
  }

  async #open(first: SealedUnit): Promise<void> {
    const opening: State = { kind: "opening", kept: [], keptBytes: 0 };
    this.#state = opening;
    try {
      const mp4 = new FragmentedMp4(first.unit);
      const file = await this.#create();
      const isWanted = this.#state === opening;
      const writing: Writing = { kind: "writing", file, mp4, first };
      file.push(mp4.header);
      write(writing, first);
      if (isWanted) {
        this.#state = writing;
        for (const item of opening.kept) this.#take(item);
        this.#subscription.resume();
      } else {
        // It was stopped meanwhile: it still records what had arrived.
        for (const item of opening.kept) if (this.#fits(writing, item)) write(writing, item);
        this.#closesAfter(this.#complete(file));
      }
    } catch (error) {
      this.#finish(failureOf(this.#stream, error as Error));
    }
  }

  async #create(): Promise<GrowingFile> {
    const now = new Date();
    for (let attempt = 1; ; attempt++) {
      const name = recordingName(this.#stream.name, now, attempt);
      try {
        const file = await GrowingFile.create(
          join(this.#config.folder, name),
          () => this.#subscription.resume(),
          (error) => this.#finish(failureOf(this.#stream, error)),
        );
        this.#files.push(name);
        return file;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === 100) throw error;
      }
    }
  }

  #finish(failure: ServeError | undefined): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    this.#state = { kind: "ended", failure };
    clearInterval(this.#checks);
    this.#news.onEnding(this);
    this.#endWatching();
    if (state.kind === "writing") this.#closesAfter(this.#complete(state.file));
    void this.#allClosed().then(() => this.#news.onEnded(this, failure));
  }

  async #check(): Promise<void> {
    await checkSpace(this.#config);
    const state = this.#state;
    if (state.kind !== "writing" || !(await state.file.isGone()) || this.#state !== state) return;
    const name = basename(state.file.path);
    const failure = `${this.#stream.name} is recorded to a new file: somebody removed ${name}`;
    this.#news.onFileFailed(new ServeError("NALIVE_RECORDING_FAILED", failure));
    this.#state = { kind: "waiting" };
    this.#closesAfter(state.file.close().catch(() => undefined));
  }

  async #complete(file: GrowingFile): Promise<void> {
    try {
      await file.close();
    } catch (error) {
      const what = `may lack the last pictures of ${basename(file.path)}`;
      this.#news.onFileFailed(failureOf(this.#stream, error as Error, what));
      return;
    }
    await completeRecording(file.path).catch((error: Error) => this.#news.onNotIndexed(file.path, error));
  }

  /** Makes the end of the recording wait for `done`. */
  #closesAfter(done: Promise<void>): void {
    const ended = done.finally(() => this.#closing.delete(ended));
    this.#closing.add(ended);
  }

  async #allClosed(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }
}

function write({ file, mp4 }: Writing, { unit }: SealedUnit): void {
  const fragment = mp4.fragment(unit);
  if (fragment) file.push(fragment);
}

async function checkSpace({ folder, minFreeMegabytes }: ServeConfig["recording"]): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / mebibyte);
  if (free >= minFreeMegabytes) return;
  throw new Error(
    `the disk has ${free} MiB free, expected at least ${minFreeMegabytes} (recording.minFreeMegabytes)`,
  );
}

function failureOf({ name }: ServedStream, cause: Error, what = "is no longer recorded"): ServeError {
  const isFull = (cause as NodeJS.ErrnoException).code === "ENOSPC";
  const why = isFull ? "the disk is full" : cause.message;
  return new ServeError("NALIVE_RECORDING_FAILED", `${name} ${what}: ${why}`, { cause });
}
