import { element, setText } from "../parts/element.js";
import { clockTime, milliseconds } from "../parts/words.js";
import type { DelayHistory, DelaySecond } from "./delay-history.js";
import type { DelayPlot } from "./delay-plot.js";

/** The stages in the order in which a picture passes them. */
const stages = [
  ["complete", "the server knows that the picture is complete"],
  ["received", "this browser has received the picture"],
  ["decoded", "the picture is decoded"],
  ["shown", "the picture is drawn on this page"],
] as const;

/** The delay over the last two minutes by stage. The plot loads when it first comes into view. */
export class DelayPanel {
  readonly element: HTMLElement;
  readonly #history: DelayHistory;
  readonly #plotPlace = element("div", { class: "plot-place", role: "img" });
  readonly #at = element("span", { class: "panel-note" });
  readonly #values = new Map<string, HTMLElement>();
  readonly #observer: IntersectionObserver;
  #plot: DelayPlot | "loading" | undefined;
  #pointed: number | undefined;

  constructor(history: DelayHistory) {
    this.#history = history;
    const legend = element("dl", { class: "legend" });
    for (const [stage, meaning] of stages) legend.append(this.#entry(stage, stage, meaning));
    legend.append(this.#entry("p95", "p95", "95 of 100 pictures are shown within this time"));
    this.element = element(
      "section",
      { class: "panel delay", "aria-label": "Delay over two minutes" },
      element("div", { class: "panel-head" }, element("h2", {}, "Delay by stage"), this.#at),
      legend,
      this.#plotPlace,
    );
    this.#observer = new IntersectionObserver((entries) => {
      if (entries.at(-1)?.isIntersecting) void this.#load();
    });
    this.#observer.observe(this.#plotPlace);
  }

  /** Once per second. */
  update(): void {
    if (typeof this.#plot === "object") this.#plot.update(this.#history.seconds);
    this.#showFigures();
  }

  close(): void {
    this.#observer.disconnect();
    if (typeof this.#plot === "object") this.#plot.close();
  }

  #entry(key: string, name: string, meaning: string): HTMLElement {
    const value = element("dd", {}, "– ms");
    this.#values.set(key, value);
    const term = element("dt", { title: meaning }, element("i", { class: `swatch ${key}` }), name);
    return element("div", {}, term, value);
  }

  async #load(): Promise<void> {
    if (this.#plot) return;
    this.#plot = "loading";
    this.#observer.disconnect();
    const { DelayPlot } = await import("./delay-plot.js");
    if (!this.element.isConnected) return;
    this.#plot = new DelayPlot(this.#plotPlace, (index) => {
      this.#pointed = index;
      this.#showFigures();
    });
    this.#plot.update(this.#history.seconds);
  }

  /** Shows the figures of the second under the pointer, or of the latest one. */
  #showFigures(): void {
    const { seconds, latest } = this.#history;
    const second = this.#pointed === undefined ? latest : (seconds[this.#pointed] ?? latest);
    const age = this.#pointed === undefined ? 0 : seconds.length - 1 - this.#pointed;
    setText(this.#at, age === 0 ? "now" : clockTime(new Date(Date.now() - age * 1000)));
    for (const [key, value] of this.#values) setText(value, milliseconds(shareOf(key, second)));
    this.#plotPlace.ariaLabel = `Delay over the last two minutes. Now ${milliseconds(latest.shown ?? undefined)}, 95 of 100 pictures within ${milliseconds(latest.p95 ?? undefined)}`;
  }
}

/** The time that one stage took, since the last known one. p95 covers all stages together. */
function shareOf(key: string, second: DelaySecond): number | undefined {
  const at = second[key as Exclude<keyof DelaySecond, "isJoining">];
  if (at === null) return undefined;
  const index = stages.findIndex(([stage]) => stage === key);
  const before = stages.slice(0, Math.max(0, index)).map(([stage]) => second[stage] ?? 0);
  return Math.max(0, at - Math.max(0, ...before));
}
