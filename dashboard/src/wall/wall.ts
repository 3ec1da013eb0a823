import { element, setText } from "../parts/element.js";
import { howToSend } from "../parts/how-to-send.js";
import { showNotice } from "../parts/notice.js";
import type { View } from "../parts/view.js";
import { counted } from "../parts/words.js";
import { api, type Stream, type StreamList } from "../server/api.js";
import { type Answer, poll } from "../server/poll.js";
import { Tile } from "./tile.js";
import { tileGrid } from "./tile-grid.js";

/** All streams as live tiles. */
export class Wall implements View {
  readonly place = "";
  readonly element = element("main", { class: "wall", "aria-label": "Streams" });
  readonly #grid = element("div", { class: "grid" });
  readonly #below = element("div", { class: "wall-below" });
  readonly #summary: HTMLElement;
  readonly #tiles = new Map<string, Tile>();
  readonly #onResize = () => this.#layOut();
  #stop: () => void = () => undefined;
  #refreshing: ReturnType<typeof setInterval> | undefined;

  /** @param summary gets a line about the condition of all streams */
  constructor(summary: HTMLElement) {
    this.#summary = summary;
    this.element.append(element("h1", { class: "for-readers" }, "Streams"), this.#grid, this.#below);
  }

  start(): void {
    this.#askAgain();
    this.#refreshing = setInterval(() => this.#refresh(), 500);
    addEventListener("resize", this.#onResize);
  }

  #askAgain(): void {
    this.#stop();
    this.#stop = poll(
      () => api.listStreams(),
      (answer) => this.#take(answer),
    );
  }

  close(): void {
    this.#stop();
    clearInterval(this.#refreshing);
    removeEventListener("resize", this.#onResize);
  }

  #take(answer: Answer<StreamList>): void {
    if (answer.type === "answered") this.#show(answer.value.streams);
    else showNotice(this.#below, answer);
  }

  /** Never moves a tile: its player would have to connect again. */
  #show(streams: readonly Stream[]): void {
    const names = new Set(streams.map(({ name }) => name));
    for (const tile of this.#tiles.values()) {
      if (names.has(tile.name)) continue;
      this.#tiles.delete(tile.name);
      tile.element.remove();
    }
    for (const [index, stream] of streams.entries()) {
      const known = this.#tiles.get(stream.name);
      known?.update(stream);
      if (known) continue;
      const tile = new Tile(stream, () => this.#askAgain());
      this.#tiles.set(stream.name, tile);
      this.#grid.insertBefore(tile.element, this.#grid.children[index] ?? null);
    }
    if (streams.length > 0) this.#below.replaceChildren();
    else if (!this.#below.querySelector(".send")) this.#below.replaceChildren(howToSend("No streams yet"));
    this.#layOut();
    this.#refresh();
  }

  #refresh(): void {
    const conditions = [...this.#tiles.values()].map((tile) => tile.refresh());
    const many = (condition: string) => conditions.filter((each) => each === condition).length;
    const troubles = (["late", "damaged", "silent", "gone"] as const)
      .filter((condition) => many(condition) > 0)
      .map((condition) => `${many(condition)} ${condition}`);
    const all = conditions.length > 0 ? counted(conditions.length, "stream") : "";
    setText(this.#summary, [all, ...troubles].filter(Boolean).join(" · "));
  }

  #layOut(): void {
    const height = innerHeight - this.#grid.getBoundingClientRect().top - scrollY;
    const { columns, width } = tileGrid(this.#tiles.size, this.element.clientWidth, height);
    this.#grid.style.setProperty("--columns", String(columns));
    this.#grid.style.width = `${width}px`;
  }
}
