import { element, setText, svg } from "./element.js";
import type { Condition } from "./player-watch.js";

/** Each condition has its own shape, so that nobody needs the colour. */
const shapes: Readonly<Record<Condition, () => SVGElement>> = {
  live: () => svg("circle", { cx: 6, cy: 6, r: 4 }),
  late: () => svg("path", { d: "M6 1.5 11 10.5H1Z" }),
  damaged: () => svg("path", { d: "M6 .5 11.5 6 6 11.5.5 6Z" }),
  silent: () => svg("path", { d: "M1 6H11", class: "stroke" }),
  gone: () => svg("path", { d: "M2 2 10 10M10 2 2 10", class: "stroke" }),
  paused: () => svg("path", { d: "M3 2V10M9 2V10", class: "stroke" }),
  joining: () => svg("circle", { cx: 6, cy: 6, r: 4, class: "stroke" }),
};

/** A mark for the condition of a stream: a shape, and the word for screen readers. */
export class ConditionMark {
  readonly element = element("span", { class: "mark" });
  readonly #picture = svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" });
  readonly #word: HTMLElement;
  #condition: Condition | undefined;

  /** @param wordIsShown false: only screen readers get the word */
  constructor(wordIsShown: boolean) {
    this.#word = element("span", { class: wordIsShown ? "mark-word" : "for-readers" });
    this.element.append(this.#picture, this.#word);
    this.show("joining");
  }

  show(condition: Condition): void {
    if (condition === this.#condition) return;
    this.#condition = condition;
    this.element.dataset.condition = condition;
    this.#picture.replaceChildren(shapes[condition]());
    setText(this.#word, condition);
  }
}
