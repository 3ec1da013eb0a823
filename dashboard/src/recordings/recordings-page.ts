import { element, setText } from "../parts/element.js";
import { showNotice } from "../parts/notice.js";
import type { View } from "../parts/view.js";
import { byteSize, counted } from "../parts/words.js";
import { api, type Recording, type RecordingList } from "../server/api.js";
import { type Answer, poll } from "../server/poll.js";
import { recordingLine } from "./recording-line.js";

/** Files shown at first, and with each press on the button below them. */
const pageSize = 100;
/** Pause between two requests for the list, ms: the server looks at each file. */
const pauseMs = 5000;

/** The recordings of all streams, the newest first, also of streams that are gone. */
export class RecordingsPage implements View {
  readonly place = "recordings";
  readonly element: HTMLElement;
  readonly #list = element("ul", { class: "recordings-list" });
  readonly #total = element("p", { class: "panel-note" });
  readonly #notice = element("div", { class: "notices" });
  readonly #more = element("button", { class: "button", type: "button", hidden: true }, "Show more");
  #recordings: readonly Recording[] = [];
  #most = pageSize;
  #shown = "";
  #stop: () => void = () => undefined;

  constructor() {
    this.#more.addEventListener("click", () => {
      this.#most += pageSize;
      this.#show();
    });
    this.element = element(
      "main",
      { class: "recordings-page" },
      element("h1", {}, "Recordings"),
      this.#total,
      this.#notice,
      this.#list,
      this.#more,
    );
  }

  start(): void {
    this.#stop = poll(
      () => api.listRecordings(),
      (answer) => this.#take(answer),
      pauseMs,
    );
  }

  close(): void {
    this.#stop();
  }

  #take(answer: Answer<RecordingList>): void {
    if (answer.type !== "answered") {
      showNotice(this.#notice, answer);
      return;
    }
    this.#notice.replaceChildren();
    this.#recordings = answer.value.recordings;
    this.#show();
  }

  #show(): void {
    const all = this.#recordings;
    const bytes = all.reduce((sum, recording) => sum + recording.bytes, 0);
    const none = "None yet. Press Record on the page of a stream, or set recording.always.";
    setText(this.#total, all.length === 0 ? none : `${counted(all.length, "file")}, ${byteSize(bytes)}`);
    const few = all.slice(0, this.#most);
    this.#more.hidden = few.length === all.length;
    const shown = JSON.stringify(few);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#list.replaceChildren(...few.map((each) => recordingLine(each, () => this.#refresh())));
  }

  #refresh(): void {
    this.#stop();
    this.start();
  }
}
