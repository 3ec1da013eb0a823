import type { NalivePlayerElement } from "nalive/player";
import { ConditionMark } from "../parts/condition-mark.js";
import { element, setText } from "../parts/element.js";
import { type Condition, PlayerWatch } from "../parts/player-watch.js";
import { duration, milliseconds } from "../parts/words.js";
import { streamPath, withToken } from "../server/addresses.js";
import type { Stream } from "../server/api.js";

/** One stream on the wall: live picture, name, condition and delay. A link to its page. */
export class Tile {
  readonly name: string;
  readonly element: HTMLAnchorElement;
  readonly #player: NalivePlayerElement;
  readonly #watch: PlayerWatch;
  readonly #mark = new ConditionMark(false);
  readonly #note = element("span", { class: "tile-note" });
  readonly #delay = element("span", { class: "tile-delay" });
  #stream: Stream;

  constructor(stream: Stream) {
    this.name = stream.name;
    this.#stream = stream;
    this.#player = element("nalive-player", {
      src: withToken(`${streamPath(stream.name)}/ws`),
      tabindex: -1,
      "aria-hidden": "true",
    });
    this.#watch = new PlayerWatch(this.#player);
    const line = element(
      "span",
      { class: "tile-line" },
      this.#mark.element,
      element("span", { class: "tile-name" }, stream.name),
      this.#note,
      this.#delay,
    );
    this.element = element("a", { class: "tile", href: streamPath(stream.name) }, this.#player, line);
  }

  /** Takes what the server knows. */
  update(stream: Stream): void {
    this.#stream = stream;
    this.refresh();
  }

  /** Updates the figures. @returns the condition */
  refresh(): Condition {
    const condition = this.condition;
    this.#mark.show(condition);
    this.element.dataset.condition = condition;
    setText(this.#note, noteOn(condition, this.#stream));
    setText(this.#delay, milliseconds(condition === "gone" ? undefined : this.#watch.delayMs));
    return condition;
  }

  /** Off screen a tile is paused, and only the server knows the condition of its stream. */
  get condition(): Condition {
    const condition = this.#watch.condition;
    return condition === "paused" || condition === "joining"
      ? this.#stream.state === "live"
        ? condition
        : "gone"
      : condition;
  }
}

/** In words what the mark cannot say. */
function noteOn(condition: Condition, { state, sinceSeconds, isRecording }: Stream): string {
  if (condition === "gone")
    return state === "waiting" ? `gone for ${duration(sinceSeconds)}` : "no connection";
  if (condition === "damaged" || condition === "late") return condition;
  return isRecording ? "recording" : "";
}
