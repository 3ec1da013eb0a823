import { equalBytes } from "../../core/bytes.js";
import { type IssueCode, IssueCounter } from "../../core/issues.js";
import { type CancelTimer, fromMilliseconds, type Microseconds } from "../../core/time.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { AccessUnitCache } from "../../live/decoding/access-unit-cache.js";
import { PictureIssues } from "../../live/decoding/pictures/picture-issues.js";
import { WholePictures } from "../../live/decoding/pictures/whole-pictures.js";
import { FragmentedMp4 } from "../../wire/fragmented-mp4.js";
import { browserClock } from "../browser-clock.js";
import { codecOf } from "../codec-of.js";
import { PictureLog } from "../picture-log.js";
import { StatisticsCounter } from "../player-statistics.js";
import { RelayClient, type RelayedAccessUnit, type RelaySink } from "../relay/relay-client.js";
import type { Tier, TierEvents, TierOptions } from "../tier.js";
import { AppendQueue } from "./append-queue.js";
import { LiveEdge } from "./live-edge.js";
import { LiveTimes } from "./live-times.js";

/** Most pictures remembered until the browser shows them. */
const remembered = 600;
/** How long pictures may come of which none can be shown, because none is an IDR picture. */
const patience = { atStart: fromMilliseconds(3000), afterLoss: fromMilliseconds(20_000) };
/**
 * How long a picture that silence ended waits for more bytes: the browser cannot take back what was
 * appended.
 */
const hold = fromMilliseconds(20);
/** Failures of the browser within the time below that the tier survives. */
const bearable = { failures: 3, within: fromMilliseconds(30_000) };
/** Gap between two files that play one after the other, s: less than any picture lasts. */
const seam = 0.001;

/**
 * Gap between two files when the second is joined at its newest picture, s: too wide for the video
 * element to play across.
 */
const apart = 0.5;

const refused = "Media Source Extensions need media-src blob: in the page's Content-Security-Policy";
const works = "Media Source Extensions with fragmented MP4";

/**
 * Plays fragmented MP4, made in the page, in a video element kept at the live edge: for pages that
 * are neither https nor localhost.
 */
export function mseTier(options: TierOptions, events: TierEvents): Tier {
  if (typeof MediaSource === "undefined") throw new Error("this browser has no Media Source Extensions");
  return new MsePlayer(options, events);
}

/**
 * One file in the video element: from a random access point to the next change of parameter sets or
 * loss of the connection.
 */
interface File {
  readonly mp4: FragmentedMp4;
  readonly parameterSets: Uint8Array;
  /** Where the file begins in the video element's time, s. */
  readonly beginsAt: number;
}

interface DuePicture {
  /** In the video element's time, s. */
  readonly at: number;
  readonly sequence: number;
}

type State =
  /** The next random access point names the codec. */
  | { readonly kind: "empty" }
  | { readonly kind: "playing"; readonly queue: AppendQueue; file: File | undefined };

class MsePlayer implements Tier, RelaySink {
  readonly media = document.createElement("video");
  readonly #events: TierEvents;
  readonly #client: RelayClient;
  readonly #edge = new LiveEdge(this.media);
  #source: MediaSource | undefined;
  /** The access unit that a new file begins with. */
  readonly #cache = new AccessUnitCache();
  #held: { readonly relayed: RelayedAccessUnit; readonly cancel: CancelTimer } | undefined;
  #failedAt: Microseconds[] = [];
  /** False when the browser has failed at the access units in the cache. */
  #isUntried = true;
  readonly #issues: IssueCounter;
  readonly #whole: WholePictures;
  readonly #log: PictureLog;
  #state: State = { kind: "empty" };
  #isPaused = false;
  /** The tier has reported that it works. */
  #isAnnounced = false;
  /** Runs while pictures come that cannot be played. */
  #cancelPatience: CancelTimer | undefined;
  /** Pictures that the browser has and has not shown. */
  #due: DuePicture[] = [];
  /** Presentation time of the last picture, s. */
  #end = -seam;

  constructor({ url }: TierOptions, events: TierEvents) {
    this.#events = events;
    this.#issues = new IssueCounter((code, detail) => events.onIssue(code, detail));
    this.#whole = new WholePictures(new PictureIssues(this.#issues));
    const counter = new StatisticsCounter();
    this.#log = new PictureLog((figures) => {
      counter.add(figures);
      events.onPicture(figures);
    });
    this.#client = new RelayClient(this, {
      url,
      clock: browserClock,
      onState: (state) => {
        if (state.type === "waiting") this.#showAll();
        events.onState(state);
      },
      onRefused: events.onFails,
      onDamage: (code, detail) => this.#issues.report(code as IssueCode, detail),
      report: () => counter.report("mse", works),
    });
    const { media } = this;
    media.muted = true;
    media.autoplay = true;
    media.playsInline = true;
    media.disableRemotePlayback = true;
    this.#openSource(() => {
      if (!this.#isPaused) this.resume();
    });
    media.addEventListener("resize", () => events.onResize(media.videoWidth, media.videoHeight));
    media.addEventListener("error", () => {
      if (!this.#isAnnounced && this.#source?.readyState !== "open") events.onFails(refused);
      else this.#startAgain(`the video element failed: ${media.error?.message}`);
    });
    this.#watchFrames();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isSourceOpen) this.#client.start();
    this.#play();
  }

  /** Plays, also where the element has come to its end: it would go back to its beginning. */
  #play(): void {
    const { media } = this;
    if (media.ended) {
      const { buffered, currentTime } = media;
      const starts = Array.from({ length: buffered.length }, (_, index) => buffered.start(index));
      const start = starts.find((_, index) => buffered.end(index) > currentTime + seam);
      if (start === undefined) return;
      // A seek makes it forget that it has ended, even to where it is.
      media.currentTime = Math.max(start, currentTime);
    }
    void media.play().catch(() => undefined);
  }

  /** True also after its end: what is appended then opens it again. */
  get #isSourceOpen(): boolean {
    return this.#source !== undefined && this.#source.readyState !== "closed";
  }

  /** The publisher has left: the last pictures are shown, too. */
  #showAll(): void {
    const held = this.#dropHeld();
    if (held) this.#take(held);
    if (this.#state.kind === "playing" && this.#source) this.#state.queue.end(this.#source);
  }

  pause(): void {
    this.#isPaused = true;
    this.#endPatience();
    this.#client.pause();
    this.media.pause();
  }

  begin(): void {
    this.#dropHeld();
    this.#endPatience();
    this.#beginFile();
    this.#log.clear();
  }

  push(relayed: RelayedAccessUnit): void {
    const { unit } = relayed;
    const held = this.#dropHeld();
    if (held && held.unit.sequence !== unit.sequence) this.#take(held);
    else if (!held && unit.corrects) {
      this.#heal(unit);
      return;
    }
    if (unit.endedBy !== "silence") {
      this.#take(relayed);
      return;
    }
    const cancel = browserClock.startTimer(hold, () => {
      this.#held = undefined;
      this.#take(relayed);
    });
    this.#held = { relayed, cancel };
  }

  #dropHeld(): RelayedAccessUnit | undefined {
    this.#held?.cancel();
    const relayed = this.#held?.relayed;
    this.#held = undefined;
    return relayed;
  }

  #take(relayed: RelayedAccessUnit): void {
    this.#log.received(relayed);
    this.#cache.add(relayed.unit);
    if (this.#cache.units.length === 1) this.#isUntried = true;
    this.#give(relayed.unit, relayed.beforeEdge);
  }

  /**
   * Corrects a picture of which the browser has a part: appends everything since the last random
   * access point again.
   */
  #heal(unit: AccessUnit): void {
    this.#cache.add(unit);
    this.#isUntried = true;
    if (this.#isSourceOpen) this.#giveAgain();
  }

  #giveAgain(): void {
    this.#beginFile();
    const { units } = this.#cache;
    for (const unit of units) this.#give(unit, unit !== units.at(-1));
  }

  /**
   * Prepares for access units that begin with a random access point and continue at their newest
   * picture.
   */
  #beginFile(): void {
    this.#end += apart;
    if (this.#state.kind === "playing") this.#state.file = undefined;
    this.#whole.reset();
  }

  #give(unit: AccessUnit, isBeforeEdge: boolean): void {
    const verdict = this.#whole.admit(unit);
    const file = verdict === "whole" || verdict === "recovering" ? this.#fileFor(unit) : undefined;
    if (!file || this.#state.kind !== "playing") {
      this.#awaitStart();
      this.#log.ended(unit.sequence, "held-back", browserClock.now());
      return;
    }
    this.#endPatience();
    const fragment = file.mp4.fragment(unit);
    if (!fragment) return;
    const at = file.beginsAt + file.mp4.shownAt / 1_000_000;
    this.#end = Math.max(this.#end, at);
    this.#edge.notePicture(at, unit.picture.idr, isBeforeEdge);
    this.#due.push({ at, sequence: unit.sequence });
    if (this.#due.length > remembered) this.#due.shift();
    this.#state.queue.append(fragment);
  }

  /** Lets the next tier try when no IDR picture comes. */
  #awaitStart(): void {
    const isStarted = this.#state.kind === "playing" && this.#state.file !== undefined;
    const wait = isStarted ? patience.afterLoss : patience.atStart;
    this.#cancelPatience ??= browserClock.startTimer(wait, () =>
      this.#events.onFails(
        `Media Source Extensions need an IDR picture, and none came in ${wait / 1_000_000} s`,
      ),
    );
  }

  #endPatience(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
  }

  /** Frees everything. */
  close(): void {
    this.#isPaused = true;
    this.#dropHeld();
    this.#endPatience();
    this.#client.pause();
    this.#source = undefined;
    URL.revokeObjectURL(this.media.src);
    this.media.removeAttribute("src");
    this.media.load();
  }

  #openSource(onOpen: () => void): void {
    const { media } = this;
    const source = new MediaSource();
    this.#source = source;
    this.#state = { kind: "empty" };
    this.#due = [];
    this.#end = -seam;
    this.#edge.reset();
    // Pictures before the live edge are decoded but not shown.
    media.style.visibility = "hidden";
    const isCurrent = () => this.#source === source;
    source.addEventListener("sourceopen", () => isCurrent() && onOpen(), { once: true });
    URL.revokeObjectURL(media.src);
    media.src = URL.createObjectURL(source);
  }

  /**
   * Gives the browser a new source after it failed, and everything since the last random access
   * point unless it failed at that.
   */
  #startAgain(reason: string): void {
    const now = browserClock.now();
    this.#failedAt = [...this.#failedAt.filter((at) => now - at < bearable.within), now];
    if (this.#failedAt.length > bearable.failures) {
      this.#events.onFails(reason);
      return;
    }
    this.#issues.report("decode-error", reason);
    const isUntried = this.#isUntried;
    this.#isUntried = false;
    this.#openSource(() => {
      if (isUntried || this.#isUntried) this.#giveAgain();
      else this.#beginFile();
      void this.media.play().catch(() => undefined);
    });
  }

  /** The file of this access unit: a new one when its parameter sets differ. */
  #fileFor(unit: AccessUnit): File | undefined {
    const state = this.#state;
    const known = state.kind === "playing" ? state.file : undefined;
    if (!unit.picture.idr || (known && equalBytes(known.parameterSets, unit.parameterSets))) return known;
    const codec = codecOf(unit.parameterSets);
    if (codec === undefined) {
      this.#issues.report("missing-parameter-set", `picture ${unit.sequence} came without a readable SPS`);
      return undefined;
    }
    const type = `video/mp4; codecs="${codec}"`;
    if (!MediaSource.isTypeSupported(type)) {
      this.#events.onFails(`Media Source Extensions do not play ${codec} here`);
      return undefined;
    }
    const source = this.#source;
    if (!source || !this.#isSourceOpen) return undefined;
    const playing = state.kind === "playing" ? state : this.#open(source, type);
    const beginsAt = this.#end + seam;
    const now = () => (this.media.currentTime - beginsAt) * 1_000_000;
    const mp4 = new FragmentedMp4(unit, new LiveTimes(unit, now));
    playing.file = { mp4, parameterSets: unit.parameterSets, beginsAt };
    playing.queue.beginAt(beginsAt);
    playing.queue.append(playing.file.mp4.header);
    return playing.file;
  }

  #open(source: MediaSource, type: string): State & { kind: "playing" } {
    const buffer = source.addSourceBuffer(type);
    const queue = new AppendQueue(
      buffer,
      () => {
        // A buffer may fire once more after its source was replaced; its ranges cannot be read
        // then.
        if (this.#source !== source) return;
        // The element pauses at the end of a source.
        if (this.media.paused && !this.#isPaused) this.#play();
        this.#edge.follow();
        queue.forgetBefore(this.#edge.neededFrom);
      },
      (reason) => {
        if (this.#source === source) this.#startAgain(reason);
      },
    );
    if (!this.#isAnnounced) this.#events.onWorks(works);
    this.#isAnnounced = true;
    const state = { kind: "playing" as const, queue, file: undefined };
    this.#state = state;
    return state;
  }

  /** Reports the pictures that the browser shows. */
  #watchFrames(): void {
    if (!this.media.requestVideoFrameCallback) {
      this.media.style.visibility = "";
      return;
    }
    this.media.requestVideoFrameCallback((_, { mediaTime }) => {
      const now = browserClock.now();
      if (this.#edge.lag < 0.5) this.media.style.visibility = "";
      const isOver = ({ at }: DuePicture) => at <= mediaTime + seam;
      const over = this.#due.filter(isOver);
      const newest = Math.max(...over.map(({ at }) => at));
      for (const { at, sequence } of over)
        this.#log.ended(sequence, at === newest ? "shown" : "skipped", now);
      this.#due = this.#due.filter((picture) => !isOver(picture));
      this.#watchFrames();
    });
  }
}
