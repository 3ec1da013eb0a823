import type { PictureFigures } from "nalive/player";
import { element, setText, svg } from "../parts/element.js";
import { byteSize, milliseconds } from "../parts/words.js";

/** A picture. The player knows everything about it, the server its type and size only. */
type BarPicture = Pick<PictureFigures, "type" | "bytes"> & Partial<PictureFigures>;

const count = 120;
/** Width of a bar with its gap, in units of the drawing. */
const slot = 8;
const height = 96;

/**
 * The last 120 pictures as bars. Height: bytes. Colour: type. Hollow: skipped to catch up. Hatched:
 * held back after damage.
 */
export class PictureBars {
  readonly element: HTMLElement;
  #pictures: BarPicture[] = [];
  /** The pictures that have a bar. */
  #shown: readonly BarPicture[] = [];
  readonly #bars = Array.from({ length: count }, (_, index) =>
    svg("rect", { x: index * slot + 1, width: slot - 2, y: height, height: 0 }),
  );
  readonly #pointer = svg("rect", { class: "pointer", y: 0, width: slot, height, visibility: "hidden" });
  readonly #graph: HTMLElement;
  readonly #description = element("p", { class: "bars-says" });
  readonly #scale = element("span", { class: "panel-note" });
  /** Index of the bar under the pointer. While there is one, the bars stand still. */
  #chosen: number | undefined;

  constructor() {
    const drawing = svg(
      "svg",
      { viewBox: `0 0 ${count * slot} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      hatching(),
      ...this.#bars,
      this.#pointer,
    );
    this.#graph = element(
      "div",
      {
        class: "bars-graph",
        tabindex: 0,
        role: "slider",
        "aria-label": "Picture",
        "aria-valuemin": 1,
        "aria-valuemax": count,
      },
      drawing,
    );
    this.element = element(
      "section",
      { class: "panel bars", "aria-label": "The last 120 pictures" },
      element("div", { class: "panel-head" }, element("h2", {}, "Last 120 pictures"), this.#scale),
      legend(),
      this.#graph,
      this.#description,
    );
    this.#graph.addEventListener("pointermove", (event) => this.#point(event));
    for (const end of ["pointerleave", "blur"])
      this.#graph.addEventListener(end, () => this.#choose(undefined));
    this.#graph.addEventListener("keydown", (event) => this.#onKey(event));
    this.#choose(undefined);
  }

  add(picture: PictureFigures): void {
    this.#pictures.push(picture);
    if (this.#pictures.length > 2 * count) this.#pictures.splice(0, count);
  }

  /** Replaces all pictures: a player of JPEGs knows none, but the server does. */
  replace(pictures: readonly BarPicture[]): void {
    this.#pictures = [...pictures];
  }

  /** Called a few times per second. */
  update(): void {
    if (this.#chosen === undefined) this.#draw();
  }

  #draw(): void {
    this.#shown = this.#pictures.slice(-count);
    const most = Math.max(1, ...this.#shown.map(({ bytes }) => bytes));
    setText(this.#scale, this.#shown.length > 0 ? `largest ${byteSize(most)}` : "");
    for (const [index, bar] of this.#bars.entries()) {
      const picture = this.#shown[this.#shown.length - count + index];
      const tall = picture ? Math.max(3, (picture.bytes / most) * height) : 0;
      bar.setAttribute("y", (height - tall).toFixed(1));
      bar.setAttribute("height", tall.toFixed(1));
      if (picture) bar.setAttribute("class", `${picture.type} ${picture.outcome ?? ""}`);
    }
  }

  #point({ clientX }: PointerEvent): void {
    const { left, width } = this.#graph.getBoundingClientRect();
    this.#choose(Math.floor(((clientX - left) / width) * count));
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#chosen ?? count - 1;
    const moves: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 };
    const next = moves[event.key];
    if (next === undefined) {
      if (event.key === "Escape") this.#choose(undefined);
      return;
    }
    event.preventDefault();
    this.#choose(next);
  }

  #choose(index: number | undefined): void {
    const first = count - this.#shown.length;
    const chosen =
      index === undefined || this.#shown.length === 0
        ? undefined
        : Math.min(count - 1, Math.max(first, index));
    this.#chosen = chosen;
    const picture = chosen === undefined ? undefined : this.#shown[chosen - first];
    const description = picture ? describe(picture) : "Point at a bar for details, or use the arrow keys.";
    setText(this.#description, description);
    this.#pointer.setAttribute("visibility", chosen === undefined ? "hidden" : "visible");
    this.#pointer.setAttribute("x", String((chosen ?? 0) * slot));
    this.#graph.ariaValueNow = String((chosen ?? count - 1) + 1);
    this.#graph.ariaValueText = description;
  }
}

const outcomes = { shown: "shown", skipped: "skipped to catch up", "held-back": "held back after damage" };

/** Everything known about one picture. */
function describe(picture: BarPicture): string {
  const { sequence, type, keyFrame, bytes, outcome, completeMs, receivedMs, decodedMs, shownMs } = picture;
  const times = [
    ["complete after", completeMs],
    ["received", receivedMs],
    ["decoded", decodedMs],
    ["shown", shownMs],
  ] as const;
  return [
    sequence === undefined ? "Picture" : `Picture ${sequence}`,
    keyFrame ? `${type}, key frame` : type,
    byteSize(bytes),
    ...(outcome ? [outcomes[outcome]] : []),
    ...times.flatMap(([stage, at]) => (at === undefined ? [] : [`${stage} ${milliseconds(at)}`])),
  ].join(" · ");
}

function legend(): HTMLElement {
  const entries = [
    ["I", "I"],
    ["P", "P"],
    ["B", "B"],
    ["skipped", "skipped to catch up"],
    ["held-back", "held back after damage"],
  ];
  const marks = entries.map(([kind, name]) =>
    element("span", {}, element("i", { class: `swatch ${kind}` }), name!),
  );
  return element("p", { class: "legend" }, ...marks);
}

function hatching(): SVGElement {
  const pattern = svg("pattern", { id: "hatching", width: 4, height: 4, patternUnits: "userSpaceOnUse" });
  pattern.append(svg("path", { d: "M-1 1 1-1M0 4 4 0M3 5 5 3" }));
  return svg("defs", {}, pattern);
}
