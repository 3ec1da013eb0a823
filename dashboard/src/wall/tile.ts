import type { NalivePlayerElement } from "nalive/player";
import { ConditionMark } from "../parts/condition-mark.js";
import { element, setText } from "../parts/element.js";
import { type Condition, isStale, PlayerWatch } from "../parts/player-watch.js";
import { duration, milliseconds } from "../parts/words.js";
import { streamPath, withToken } from "../server/addresses.js";
import { api, type Stream } from "../server/api.js";

/**
 * One stream on the wall: live picture, name, condition and delay. A link to its page, and a button
 * that takes a stream off the wall whose camera is gone.
 */
export class Tile {
  readonly name: string;
  readonly element: HTMLElement;
  readonly #link: HTMLAnchorElement;
  readonly #player: NalivePlayerElement;
  readonly #watch: PlayerWatch;
  readonly #mark = new ConditionMark(false);
  readonly #note = element("span", { class: "tile-note" });
  readonly #recording = element(
    "span",
    { class: "tile-recording" },
    element("i", { class: "record-mark" }),
    "recording",
  );
  readonly #delay = element("span", { class: "tile-delay" });
  readonly #dismiss: HTMLButtonElement;
  #stream: Stream;

  /** @param onDismissed called once the server has taken the stream off its list */
  constructor(stream: Stream, onDismissed: () => void) {
    const { name } = stream;
    this.name = name;
    this.#stream = stream;
    this.#player = element("nalive-player", {
      src: withToken(`${streamPath(name)}/ws`),
      tabindex: -1,
      "aria-hidden": "true",
    });
    this.#watch = new PlayerWatch(this.#player);
    const line = element(
      "span",
      { class: "tile-line" },
      this.#mark.element,
      element("span", { class: "tile-name" }, name),
      this.#note,
      this.#recording,
      this.#delay,
    );
    this.#link = element("a", { class: "tile", href: streamPath(name) }, this.#player, line);
    this.#dismiss = element(
      "button",
      {
        class: "quiet tile-dismiss",
        type: "button",
        "data-needs": "manage",
        "aria-label": `Dismiss ${name}`,
        title: "Dismiss: take this stream off the wall",
      },
      "×",
    );
    this.#dismiss.addEventListener("click", () => {
      this.#dismiss.disabled = true;
      void api.dismissStream(name).then(onDismissed, () => (this.#dismiss.disabled = false));
    });
    this.element = element("div", { class: "tile-place" }, this.#link);
    this.refresh();
  }

  /** Takes what the server knows. */
  update(stream: Stream): void {
    this.#stream = stream;
    this.refresh();
  }

  /** Updates the figures. @returns the condition */
  refresh(): Condition {
    const { isRecording, state, isPermanent } = this.#stream;
    const condition = this.condition;
    this.#mark.show(condition);
    this.#link.dataset.condition = condition;
    setText(this.#note, noteOn(condition, this.#stream));
    this.#recording.hidden = !isRecording;
    if (state !== "waiting" || isPermanent) this.#dismiss.remove();
    else if (!this.#dismiss.isConnected) this.element.append(this.#dismiss);
    setText(this.#delay, milliseconds(isStale(condition) ? undefined : this.#watch.delayMs));
    return condition;
  }

  /** Off screen a tile is paused, and only the server knows the condition of its stream. */
  get condition(): Condition {
    const condition = this.#watch.condition;
    if (condition !== "paused" && condition !== "joining") return condition;
    const { state } = this.#stream;
    return state === "live" ? condition : state === "silent" ? "silent" : "gone";
  }
}

/** In words what the mark cannot say. */
function noteOn(condition: Condition, { state, sinceSeconds, pictures }: Stream): string {
  if (condition === "gone" && state !== "waiting") return "no connection";
  if (condition === "gone") return `${pictures > 0 ? "gone" : "waiting"} for ${duration(sinceSeconds)}`;
  if (condition === "silent") return `nothing for ${duration(sinceSeconds)}`;
  return condition === "damaged" || condition === "late" ? condition : "";
}
