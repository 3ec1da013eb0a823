import type { HeldPicture, NalivePlayerElement, PictureFigures, RelayState, TierInUse } from "nalive/player";
import { element, setText } from "../parts/element.js";
import { clockTime, counted, duration } from "../parts/words.js";
import { harmless, inWords } from "./issue-words.js";

/** The most events kept; the oldest goes first. */
const capacity = 50;

/** Pictures are being held back: since when, how many, and the entry about it. */
interface Hold {
  readonly since: number;
  readonly cause: string;
  readonly text: HTMLElement;
  pictures: number;
  /** Number of the newest one. An older picture that is still shown does not end the hold. */
  newest: number;
}

/** No pictures can arrive: since when, the latest entry about it, and what the camera's said. */
interface Absence {
  readonly since: number;
  readonly text: HTMLElement;
  readonly aboutCamera: string | undefined;
}

/** What happened to the stream, the newest first, in words that need no knowledge of H.264. */
export class EventList {
  readonly element: HTMLElement;
  readonly #list = element("div", { class: "event-list", role: "log", tabindex: 0, "aria-label": "Events" });
  #hold: Hold | undefined;
  #absence: Absence | undefined;
  #wasLive = false;
  #shownBy: string | undefined;

  constructor(player: NalivePlayerElement) {
    this.element = element("section", { class: "panel events" }, element("h2", {}, "Events"), this.#list);
    player.addEventListener("held", ({ detail }) => this.#onIssue(detail));
    player.addEventListener("picture", ({ detail }) => this.#onPicture(detail));
    player.addEventListener("state", ({ detail }) => this.#onState(detail));
    player.addEventListener("tier", ({ detail }) => this.#onTier(detail));
    player.addEventListener("error", ({ detail }) =>
      this.add(`This browser cannot show the stream: ${detail.reason}`, true),
    );
  }

  /** @param isTrouble marks the entry */
  add(text: string, isTrouble = false): HTMLElement {
    const entry = element("span", {}, text);
    const time = element("time", {}, clockTime(new Date()));
    this.#list.prepend(element("p", isTrouble ? { class: "trouble" } : {}, time, entry));
    if (this.#list.children.length > capacity) this.#list.lastElementChild?.remove();
    return entry;
  }

  #onIssue({ code, detail }: HeldPicture): void {
    const words = inWords(code, detail);
    if (harmless.has(code)) this.add(words);
    else this.#hold ??= this.#begin(words);
  }

  #begin(cause: string): Hold {
    const text = this.add(`${cause}: the last good picture stays`, true);
    return { since: performance.now(), cause, text, pictures: 0, newest: -1 };
  }

  #onPicture({ outcome, sequence }: PictureFigures): void {
    if (outcome === "held-back") {
      this.#hold ??= this.#begin("A picture was lost or damaged");
      this.#hold.pictures++;
      this.#hold.newest = Math.max(this.#hold.newest, sequence);
    } else if (outcome === "shown" && this.#hold && sequence > this.#hold.newest) {
      const { since, cause, text, pictures } = this.#hold;
      this.#hold = undefined;
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      const held = pictures > 0 ? ` (${counted(pictures, "picture")})` : "";
      isOver(text);
      setText(
        text,
        `${cause}: the picture stood still for ${seconds}\u00a0s${held}, until the next key frame`,
      );
    }
  }

  /** The first tier is no event. */
  #onTier({ why }: TierInUse): void {
    if (this.#shownBy !== undefined && why !== this.#shownBy) this.add(`The player has switched: ${why}`);
    this.#shownBy = why;
  }

  #onState(state: RelayState): void {
    if (state.type === "live") {
      if (this.#absence) {
        isOver(this.#absence.text);
        this.add(`Live again after ${duration((performance.now() - this.#absence.since) / 1000)}`);
      } else if (!this.#wasLive) this.add("Started watching");
      this.#wasLive = true;
      this.#absence = undefined;
    } else {
      const what = absenceInWords(state);
      const before = this.#absence;
      const isAboutCamera = state.type !== "retrying";
      if (what === undefined || (before && (!isAboutCamera || what === before.aboutCamera))) return;
      // The reason comes right after the news.
      const isReason = before?.aboutCamera !== undefined && what.startsWith(before.aboutCamera);
      const text = isReason ? before.text : this.add(what, true);
      if (isReason) setText(text, what);
      else if (before) isOver(before.text);
      const aboutCamera = isAboutCamera ? what : undefined;
      this.#absence = { since: before?.since ?? performance.now(), text, aboutCamera };
    }
  }
}

/** Why no pictures can arrive; undefined if they can. */
function absenceInWords(state: RelayState): string | undefined {
  switch (state.type) {
    case "silent":
      return `Nothing has come from the camera since ${clockTime(new Date(state.since))}`;
    case "waiting":
      return state.reason ? `The camera is gone: ${state.reason}` : "The camera is gone";
    case "retrying":
      return `No connection to the server: ${state.reason}`;
    default:
      return undefined;
  }
}

/** Marks trouble that has passed, less loudly. */
function isOver(text: HTMLElement): void {
  text.parentElement?.classList.replace("trouble", "past-trouble");
}
