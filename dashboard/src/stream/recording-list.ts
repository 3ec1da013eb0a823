import { element, setText } from "../parts/element.js";
import { eraseButton } from "../parts/erase-button.js";
import { byteSize } from "../parts/words.js";
import { at, withToken } from "../server/addresses.js";
import { api, filePath, type Recording } from "../server/api.js";

/** The most recordings shown; the server lists all of them. */
const most = 8;

/** The recordings of a stream, the newest first, to download and delete. */
export class RecordingList {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #list = element("ul", { class: "recording-list" });
  readonly #none = element("p", { class: "panel-note" }, "None yet.");
  #shown = "";

  constructor(name: string) {
    this.#name = name;
    this.element = element(
      "section",
      { class: "panel recordings" },
      element("h2", {}, "Recordings"),
      this.#none,
      this.#list,
      element("p", { class: "panel-note" }, element("a", { href: at("recordings") }, "All recordings")),
    );
  }

  /** Gets the list from the server. */
  async refresh(): Promise<void> {
    const { recordings } = await api.listRecordings().catch(() => ({ recordings: [] }));
    const own = recordings.filter(({ stream }) => stream === this.#name).slice(0, most);
    const shown = JSON.stringify(own);
    if (shown === this.#shown) return;
    this.#shown = shown;
    setText(this.#none, own.length === 0 ? "None yet." : "");
    this.#list.replaceChildren(...own.map((recording) => this.#line(recording)));
  }

  #line({ file, bytes, isOpen }: Recording): HTMLElement {
    const link = element("a", { href: withToken(filePath(file)), download: file, title: file }, file);
    const size = element("span", { class: "panel-note" }, byteSize(bytes));
    const erase = eraseButton(file, async () => {
      await api.deleteRecording(file).catch(() => undefined);
      await this.refresh();
    });
    return element(
      "li",
      {},
      link,
      size,
      isOpen ? element("span", { class: "panel-note" }, "recording now") : erase,
    );
  }
}
