import type { NalivePlayerElement } from "nalive/player";
import { element, setText } from "../parts/element.js";
import { byteSize, counted } from "../parts/words.js";
import { streamPath, withToken } from "../server/addresses.js";
import { api, type RecordingState, type TestCamera } from "../server/api.js";
import type { EventList } from "./event-list.js";

interface PictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

/** What can be done with the picture: buttons below it. */
export class Actions {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #events: EventList;
  readonly #record: HTMLButtonElement;
  readonly #recordText = element("span", {}, "Record");
  readonly #size = element("span", { class: "record-size" });
  #isRecording = false;
  /** Pictures that the recording lacks. */
  #lacking = 0;

  constructor(name: string, player: NalivePlayerElement, events: EventList) {
    this.#name = name;
    this.#events = events;
    const full = button("Full screen", () => void player.requestFullscreen());
    const snapshot = element(
      "a",
      { class: "button", href: withToken(`${streamPath(name)}/snapshot.png`) },
      "Snapshot",
    );
    snapshot.addEventListener("click", () => (snapshot.download = `${name}-${fileTime()}.png`));
    this.#record = button("", () => void this.#toggle());
    this.#record.classList.add("record");
    this.#record.replaceChildren(element("i", { class: "record-mark" }), this.#recordText, this.#size);
    this.element = element(
      "div",
      { class: "actions", role: "group", "aria-label": "Actions" },
      full,
      ...pictureInPictureButton(name, player),
      snapshot,
      this.#record,
      ...(name === testCamera ? [button("Stop the test camera", () => void stopTestCamera(events))] : []),
    );
  }

  /** What the server says of the recording. */
  update({ isRecording, bytes, dropped, failure }: RecordingState): void {
    if (dropped > 0 && this.#lacking === 0) {
      this.#events.add("The disk is too slow: the recording lacks pictures", true);
    }
    this.#lacking = Math.max(this.#lacking, dropped);
    if (isRecording !== this.#isRecording) {
      this.#isRecording = isRecording;
      if (isRecording) this.#events.add("Recording");
      else this.#ended(failure);
    }
    this.#record.ariaPressed = String(isRecording);
    setText(this.#recordText, isRecording ? "Stop recording" : "Record");
    setText(this.#size, isRecording ? byteSize(bytes) : "");
  }

  #ended(failure: string | undefined): void {
    const lacks = this.#lacking > 0 ? `it lacks ${counted(this.#lacking, "picture")}` : undefined;
    const trouble = [failure, lacks].filter((text) => text !== undefined).join("; ");
    this.#events.add(trouble ? `Recording has ended: ${trouble}` : "Recording has ended", trouble !== "");
    this.#lacking = 0;
  }

  async #toggle(): Promise<void> {
    this.#record.disabled = true;
    try {
      this.update(await (this.#isRecording ? api.stopRecording : api.startRecording)(this.#name));
    } catch (error) {
      this.#events.add(`Not recorded: ${(error as Error).message}`, true);
    }
    this.#record.disabled = false;
    this.#record.focus();
  }
}

/** The stream that people start from the wall, and stop here. */
const testCamera: TestCamera["stream"] = "test-camera";

async function stopTestCamera(events: EventList): Promise<void> {
  await api.stopTestCamera().catch((error: Error) => events.add(`Not stopped: ${error.message}`, true));
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { class: "button", type: "button" }, text);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * The picture in a small window above all others, where the browser can do that: a page of its own with a player of its own, which
 * goes on when this page is hidden.
 */
function pictureInPictureButton(name: string, player: NalivePlayerElement): HTMLElement[] {
  const api = (window as { documentPictureInPicture?: PictureInPicture }).documentPictureInPicture;
  if (!api) return [];
  const open = async () => {
    const { width, height } = player.getBoundingClientRect();
    const opened = await api.requestWindow({ width: 480, height: Math.round((480 * height) / width) });
    const frame = opened.document.createElement("iframe");
    frame.src = new URL(withToken(`/watch/${encodeURIComponent(name)}`), location.origin).href;
    frame.title = name;
    frame.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0";
    opened.document.body.append(frame);
  };
  return [button("Picture in picture", () => void open())];
}

/** `20261124-120307`, of now. */
function fileTime(): string {
  const digits = new Date().toISOString().replace(/\D/g, "");
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}
