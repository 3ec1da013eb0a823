import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clockTime } from "../parts/words.js";
import { type DelaySecond, historySeconds } from "./delay-history.js";
import { topOfScale } from "./delay-scale.js";

const height = 168;

/** Plots the stages as stacked areas. Their upper edge is the median; p95 is a band above it. */
export class DelayPlot {
  readonly #place: HTMLElement;
  readonly #plot: uPlot;
  /** Of the vertical axis, ms. */
  #top = topOfScale([]);
  readonly #observer: ResizeObserver;
  readonly #onTheme = () => this.#plot.redraw(false, true);

  /** @param onPoint gets the second under the pointer, undefined if there is none */
  constructor(place: HTMLElement, onPoint: (index: number | undefined) => void) {
    this.#place = place;
    this.#plot = new uPlot(
      options(place, onPoint, () => this.#top),
      [[], [], [], [], [], []],
      place,
    );
    this.#observer = new ResizeObserver(() =>
      this.#plot.setSize({ width: Math.max(1, place.clientWidth), height }),
    );
    this.#observer.observe(place);
    addEventListener("themechange", this.#onTheme);
  }

  update(seconds: readonly DelaySecond[]): void {
    this.#top = topOfScale(seconds);
    const now = Math.round(Date.now() / 1000);
    const of = (key: Exclude<keyof DelaySecond, "isJoining">) => seconds.map((second) => second[key]);
    this.#plot.setData([
      seconds.map((_, index) => now - seconds.length + 1 + index),
      of("p95"),
      of("shown"),
      of("decoded"),
      of("received"),
      of("complete"),
    ]);
  }

  close(): void {
    this.#observer.disconnect();
    removeEventListener("themechange", this.#onTheme);
    this.#plot.destroy();
    this.#place.replaceChildren();
  }
}

/** uPlot draws the areas from the highest to the lowest, each over the one before. */
function options(
  place: HTMLElement,
  onPoint: (index: number | undefined) => void,
  top: () => number,
): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(`--${name}`).trim();
  const stage = (name: string): uPlot.Series => ({ fill: colour(name), width: 0, points: { show: false } });
  const font = "12px system-ui, sans-serif";
  const grid = { stroke: colour("line"), width: 1 };
  return {
    width: Math.max(1, place.clientWidth),
    height,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { x: true, y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_plot, _low, high) => [high - historySeconds + 1, high] },
      y: { range: () => [0, top()] },
    },
    axes: [
      {
        stroke: colour("quiet"),
        font,
        grid: { show: false },
        ticks: { show: false },
        size: 24,
        gap: 4,
        space: 90,
        incrs: [10, 30, 60],
        values: ({ scales }, times) =>
          times.map((time) => (isNearEdge(time, scales.x!) ? "" : clockTime(new Date(time * 1000)))),
      },
      { stroke: colour("quiet"), font, grid, ticks: { show: false }, size: 40, gap: 4, space: 40 },
    ],
    series: [
      {},
      { stroke: colour("p95"), width: 1, points: { show: false }, dash: [2, 3] },
      { ...stage("stage-4"), stroke: colour("text"), width: 1.5 },
      stage("stage-3"),
      stage("stage-2"),
      stage("stage-1"),
    ],
    bands: [{ series: [1, 2], fill: colour("p95-band") }],
    hooks: {
      setCursor: [
        ({ cursor }) =>
          onPoint(cursor.left !== undefined && cursor.left >= 0 ? (cursor.idx ?? undefined) : undefined),
      ],
    },
  };
}

/** There a label would be cut off, or cover that of the other axis. */
function isNearEdge(time: number, { min, max }: uPlot.Scale): boolean {
  return time > max! - 10 || time < min! + 5;
}
