import type { HeldPicture, NalivePlayerElement, PictureFigures, RelayState, TierInUse } from "nalive/player";
import { element, setText } from "../parts/element.js";
import { clockTime, counted, duration } from "../parts/words.js";
import { harmless, inWords } from "./issue-words.js";

/** Events that are kept; the oldest goes first. */
const capacity = 50;

/** While pictures are held back: since when, how many, and the entry that says so. */
interface Hold {
  readonly since: number;
  readonly cause: string;
  readonly text: HTMLElement;
  pictures: number;
  /** Number of the newest of them: one before it that is shown yet ends nothing. */
  newest: number;
}

/** While nothing can come: since when, and the entry that says so. */
interface Absence {
  readonly since: number;
  readonly text: HTMLElement;
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
    player.addEventListener("error", ({ detail }) => this.add(`No picture here: ${detail.reason}`, true));
  }

  /** @param isTrouble it is marked */
  add(text: string, isTrouble = false): HTMLElement {
    const said = element("span", {}, text);
    const time = element("time", {}, clockTime(new Date()));
    this.#list.prepend(element("p", isTrouble ? { class: "trouble" } : {}, time, said));
    if (this.#list.children.length > capacity) this.#list.lastElementChild?.remove();
    return said;
  }

  #onIssue({ code, detail }: HeldPicture): void {
    const said = inWords(code, detail);
    if (harmless.has(code)) this.add(said);
    else this.#hold ??= this.#begin(said);
  }

  #begin(cause: string): Hold {
    const text = this.add(`${cause}. The last whole picture stays`, true);
    return { since: performance.now(), cause, text, pictures: 0, newest: -1 };
  }

  #onPicture({ outcome, sequence }: PictureFigures): void {
    if (outcome === "held-back") {
      this.#hold ??= this.#begin("Something was lost");
      this.#hold.pictures++;
      this.#hold.newest = Math.max(this.#hold.newest, sequence);
    } else if (outcome === "shown" && this.#hold && sequence > this.#hold.newest) {
      const { since, cause, text, pictures } = this.#hold;
      this.#hold = undefined;
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      const held = pictures > 0 ? `${counted(pictures, "picture")} held back` : "the picture stood still";
      isOver(text);
      setText(text, `${cause}: ${held}, for ${seconds}\u00a0s, until the next key frame`);
    }
  }

  /** The first one is no news. */
  #onTier({ why }: TierInUse): void {
    if (this.#shownBy !== undefined && why !== this.#shownBy) this.add(`Shown another way: ${why}`);
    this.#shownBy = why;
  }

  #onState(state: RelayState): void {
    if (state.type === "live") {
      if (this.#absence) {
        isOver(this.#absence.text);
        this.add(`Live again after ${duration((performance.now() - this.#absence.since) / 1000)}`);
      } else if (!this.#wasLive) this.add("Watching");
      this.#wasLive = true;
      this.#absence = undefined;
    } else if (state.type === "waiting" || state.type === "retrying") {
      if (this.#absence) return;
      const what = state.type === "waiting" ? "The camera is gone" : "No connection to the server";
      const text = this.add(state.reason ? `${what}: ${state.reason}` : what, true);
      this.#absence = { since: performance.now(), text };
    }
  }
}

/** Trouble that has passed is marked, and not loud. */
function isOver(text: HTMLElement): void {
  text.parentElement?.classList.replace("trouble", "past-trouble");
}
