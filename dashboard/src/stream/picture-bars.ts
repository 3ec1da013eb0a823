import type { PictureFigures } from "nalive/player";
import { element, setText, svg } from "../parts/element.js";
import { byteSize, milliseconds } from "../parts/words.js";

/** What is known of a picture: by the player all, by the server its type and size. */
type BarPicture = Pick<PictureFigures, "type" | "bytes"> & Partial<PictureFigures>;

const count = 120;
/** Of the drawing, in its own units: a picture is `slot` wide. */
const slot = 8;
const height = 96;

/** The last 120 pictures as bars: height is bytes, colour is the type; hollow: not drawn, hatched: held back. */
export class PictureBars {
  readonly element: HTMLElement;
  #pictures: BarPicture[] = [];
  /** Those that have a bar. */
  #shown: readonly BarPicture[] = [];
  readonly #bars = Array.from({ length: count }, (_, index) =>
    svg("rect", { x: index * slot + 1, width: slot - 2, y: height, height: 0 }),
  );
  readonly #pointer = svg("rect", { class: "pointer", y: 0, width: slot, height, visibility: "hidden" });
  readonly #graph: HTMLElement;
  readonly #says = element("p", { class: "bars-says" });
  readonly #scale = element("span", { class: "panel-note" });
  /** Looked at; while one is, the bars stand still. */
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
      this.#says,
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

  /** Instead of all: what the server knows of the pictures of a player that knows nothing. */
  replace(pictures: readonly BarPicture[]): void {
    this.#pictures = [...pictures];
  }

  /** A few times a second. */
  update(): void {
    if (this.#chosen === undefined) this.#draw();
  }

  #draw(): void {
    this.#shown = this.#pictures.slice(-count);
    const most = Math.max(1, ...this.#shown.map(({ bytes }) => bytes));
    setText(this.#scale, this.#shown.length > 0 ? `highest ${byteSize(most)}` : "");
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
    const says = picture ? describe(picture) : "Point at a bar, or use the arrow keys.";
    setText(this.#says, says);
    this.#pointer.setAttribute("visibility", chosen === undefined ? "hidden" : "visible");
    this.#pointer.setAttribute("x", String((chosen ?? 0) * slot));
    this.#graph.ariaValueNow = String((chosen ?? count - 1) + 1);
    this.#graph.ariaValueText = says;
  }
}

const outcomes = { shown: "shown", skipped: "not drawn, a newer one was there", "held-back": "held back" };

/** All that is known of one picture. */
function describe(picture: BarPicture): string {
  const { sequence, type, randomAccess, bytes, outcome, completeMs, receivedMs, decodedMs, shownMs } =
    picture;
  const times = [
    ["whole after", completeMs],
    ["here", receivedMs],
    ["decoded", decodedMs],
    ["shown", shownMs],
  ] as const;
  return [
    sequence === undefined ? "Picture" : `Picture ${sequence}`,
    randomAccess ? `${type}, key frame` : type,
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
    ["skipped", "dropped"],
    ["held-back", "damaged"],
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
