import type { Pacing } from "../live/playout/frame-scheduler.js";
import { mjpegTier } from "./mjpeg/mjpeg-tier.js";
import { mseTier } from "./mse/mse-tier.js";
import { styleSheetFor } from "./painting/player-style.js";
import type { PictureFigures } from "./picture-log.js";
import { type PlayerStatistics, StatisticsCounter } from "./player-statistics.js";
import type { RelayState } from "./relay/relay-client.js";
import { streamAddress } from "./relay/stream-address.js";
import type { MakeTier, Tier, TierEvents, TierName } from "./tier.js";
import { webCodecsTier } from "./webcodecs-tier.js";

/** The tier that a player uses, and why. */
export interface TierInUse {
  /** Its name. */
  readonly name: TierName;
  /** How it works, and why the better tiers do not: a sentence for a person. */
  readonly why: string;
}

/** Why a picture is not shown. */
export interface HeldPicture {
  /** An issue code; docs/errors.md has a heading for each. */
  readonly code: string;
  /** What happened: a sentence for a person. */
  readonly detail: string;
}

/** Why a player shows nothing. */
export interface PlayerError {
  /** What was tried and what it needs: a sentence for a person. */
  readonly reason: string;
}

/** Events of a {@link NalivePlayerElement}, by name. */
export interface PlayerEventMap {
  /** A picture was drawn, skipped or held back. */
  picture: CustomEvent<PictureFigures>;
  /** The player uses its first tier, another one, or another decoder. */
  tier: CustomEvent<TierInUse>;
  /** The connection's state changed. */
  state: CustomEvent<RelayState>;
  /** Pictures are held back because something was lost or is damaged. */
  held: CustomEvent<HeldPicture>;
  /** No tier works here. */
  error: CustomEvent<PlayerError>;
}

/** The tiers, the best first. */
const tiers: readonly (readonly [TierName, MakeTier])[] = [
  ["webcodecs", webCodecsTier],
  ["mse", mseTier],
  ["mjpeg", mjpegTier],
];

/** `HTMLElement`, or an empty class on a server that imports the player to render a page. */
const PageElement = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * `<nalive-player src="ws://host:8264/streams/NAME/ws">` shows a stream of a nalive server, live.
 * docs/player.md lists its attributes, events, CSS parts and keys.
 *
 * The element connects while it is in the document, on the screen and not paused, and frees
 * everything when it leaves the document.
 */
export class NalivePlayerElement extends PageElement {
  /** @internal */
  static readonly observedAttributes = ["src", "pace", "tier", "worker"];
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #status = document.createElement("p");
  readonly #onVisibility = () => this.#followVisibility();
  readonly #observer = new IntersectionObserver((entries) => {
    this.#isOnScreen = entries.at(-1)?.isIntersecting ?? true;
    this.#followVisibility();
  });
  #tier: Tier | undefined;
  #tierInUse: TierInUse | undefined;
  #error: PlayerError | undefined;
  #state: RelayState = { type: "connecting" };
  #counter = new StatisticsCounter();
  #isOnScreen = true;
  #isPaused = false;
  #isRunning = false;
  #hasPicture = false;

  constructor() {
    super();
    this.#status.part.add("status");
    this.#status.role = "status";
    this.#root.append(document.createElement("slot"), this.#status);
    this.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Address of the stream's WebSocket; `http(s)` and relative addresses work as well. */
  get src(): string {
    return this.getAttribute("src") ?? "";
  }
  /** Sets the attribute, and the player starts again. */
  set src(value: string) {
    this.setAttribute("src", value);
  }

  /**
   * `asap` (default) draws each picture at once; `smooth` draws evenly, for a little more delay.
   */
  get pace(): Pacing {
    return this.getAttribute("pace") === "smooth" ? "smooth" : "asap";
  }
  /** Sets the attribute, and the player starts again. */
  set pace(value: Pacing) {
    this.setAttribute("pace", value);
  }

  /**
   * The tier in use; undefined until one works. The attribute `tier` names the first one to try.
   */
  get tierInUse(): TierInUse | undefined {
    return this.#tierInUse;
  }

  /** The connection's state. */
  get state(): RelayState {
    return this.#state;
  }

  /** Why no tier works here, as the `error` event said; undefined while one may. */
  get error(): PlayerError | undefined {
    return this.#error;
  }

  /** True after `pause()`, until `play()`. */
  get paused(): boolean {
    return this.#isPaused;
  }

  /** What the player counted since `src` was set. */
  get statistics(): PlayerStatistics {
    return this.#counter.statistics;
  }

  /** Stops receiving; the last picture stays. */
  pause(): void {
    this.#isPaused = true;
    this.#followVisibility();
  }

  /** Resumes at the live edge. */
  play(): void {
    this.#isPaused = false;
    this.#followVisibility();
  }

  override addEventListener<K extends keyof PlayerEventMap>(
    type: K,
    listener: (event: PlayerEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener<K extends Exclude<keyof HTMLElementEventMap, "error">>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** The same as every element's, typed for the player's events. */
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }

  /** @internal */
  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [styleSheetFor(this.ownerDocument)];
    if (!this.hasAttribute("tabindex")) this.tabIndex = 0;
    if (!this.hasAttribute("role")) this.role = "group";
    if (!this.hasAttribute("aria-label")) this.ariaLabel = "Live picture";
    document.addEventListener("visibilitychange", this.#onVisibility);
    this.#observer.observe(this);
    this.#open();
  }

  /** @internal */
  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#observer.disconnect();
    this.#close();
  }

  /** @internal */
  attributeChangedCallback(): void {
    if (this.isConnected) this.#open();
  }

  #open(): void {
    this.#close();
    this.#counter = new StatisticsCounter();
    const first = tiers.findIndex(([name]) => name === this.getAttribute("tier"));
    if (!this.src) return;
    const isHttps = [location.origin, self.origin].some((origin) => origin.startsWith("https:"));
    try {
      this.#try(streamAddress(this.src, { base: document.baseURI, isHttps }), Math.max(0, first));
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #close(): void {
    this.#tier?.close();
    this.#tier?.media.remove();
    this.#tier = undefined;
    this.#tierInUse = undefined;
    this.#error = undefined;
    this.#hasPicture = false;
  }

  /** @param failures why the better tiers do not work */
  #try(url: string, index: number, failures: readonly string[] = []): void {
    this.#close();
    const [name, make] = tiers[index] ?? [];
    if (!name || !make) {
      this.#fail(failures.join("; "));
      return;
    }
    const worker = this.getAttribute("worker");
    const fail = (reason: string) => this.#try(url, index + 1, [...new Set([...failures, reason])]);
    try {
      this.#tier = make(
        { url, pacing: this.pace, ...(worker === null ? {} : { worker }) },
        this.#eventsOf(name, failures, fail),
      );
    } catch (error) {
      fail(`${name}: ${error instanceof Error ? error.message : error}`);
      return;
    }
    this.#tier.media.part.add("picture");
    this.#tier.media.ariaHidden = "true";
    this.#root.prepend(this.#tier.media);
    this.#isRunning = true;
    this.#followVisibility();
  }

  /** Reports in a later task, so that a page's scripts can add their listeners first. */
  #fail(reason: string): void {
    const error = { reason };
    this.#error = error;
    this.#say(`No picture: ${reason}`);
    setTimeout(() => {
      if (this.#error === error) this.#emit("error", error);
    });
  }

  #eventsOf(name: TierName, failures: readonly string[], onFails: (reason: string) => void): TierEvents {
    return {
      onFails,
      onWorks: (how) => {
        this.#tierInUse = { name, why: [how, ...failures].join("; ") };
        this.#emit("tier", this.#tierInUse);
      },
      onState: (state) => {
        this.#state = state;
        this.#say(describe(state, this.#hasPicture));
        this.#emit("state", state);
      },
      onResize: (width, height) => {
        this.style.aspectRatio = `${width} / ${height}`;
      },
      onFirstPicture: () => this.#showsPictures(),
      onPicture: (figures) => {
        this.#counter.add(figures);
        if (figures.outcome === "shown") this.#showsPictures();
        this.#emit("picture", figures);
      },
      onIssue: (code, detail) => this.#emit("held", { code, detail }),
    };
  }

  #showsPictures(): void {
    if (this.#hasPicture) return;
    this.#hasPicture = true;
    this.#say(describe(this.#state, true));
  }

  #followVisibility(): void {
    const shallRun = !this.#isPaused && !document.hidden && this.#isOnScreen;
    if (shallRun === this.#isRunning || !this.#tier) return;
    this.#isRunning = shallRun;
    if (shallRun) this.#tier.resume();
    else this.#tier.pause();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " " || event.key === "k") {
      if (this.#isPaused) this.play();
      else this.pause();
    } else if (event.key === "f") {
      const change = document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen();
      // The page around an iframe may forbid full screen.
      change.catch(() => undefined);
    } else return;
    event.preventDefault();
  }

  #say(text: string): void {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  #emit<K extends keyof PlayerEventMap>(name: K, detail: PlayerEventMap[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The text over the picture; empty while all is well. */
function describe(state: RelayState, hasPicture: boolean): string {
  switch (state.type) {
    case "connecting":
      return hasPicture ? "Connecting again" : "Connecting";
    case "live":
      return hasPicture ? "" : "Waiting for the first picture";
    case "silent":
      return `Nothing has come from the camera since ${timeOfDay(state.since)}`;
    case "waiting":
      return state.reason ? `The camera is gone: ${state.reason}` : "Waiting for the camera";
    case "retrying":
      return `No connection: ${state.reason}. Trying again`;
    case "paused":
      return "Paused";
  }
}

/** `12:03:07`, with the date unless it is today's. */
function timeOfDay(at: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB");
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
}

declare global {
  interface HTMLElementTagNameMap {
    "nalive-player": NalivePlayerElement;
  }
}
