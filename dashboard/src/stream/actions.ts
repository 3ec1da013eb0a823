import type { NalivePlayerElement } from "nalive/player";
import { element, setText } from "../parts/element.js";
import { byteSize, counted } from "../parts/words.js";
import { absolute, streamPath, watchPath, withToken } from "../server/addresses.js";
import { api, type RecordingState, type StreamDetails, type TestCamera } from "../server/api.js";
import type { EventList } from "./event-list.js";

interface PictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

/** The buttons below the picture. */
export class Actions {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #events: EventList;
  readonly #record: HTMLButtonElement;
  readonly #recordText = element("span", {}, "Record");
  readonly #dismiss: HTMLButtonElement;
  readonly #size = element("span", { class: "record-size" });
  #isRecording = false;
  /** Pictures missing from the recording. */
  #missing = 0;

  /** @param onDismissed called once the stream is off the server's list */
  constructor(name: string, player: NalivePlayerElement, events: EventList, onDismissed: () => void) {
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
    this.#record.dataset.needs = "manage";
    this.#dismiss = button("Dismiss", () => void this.#dismissStream(onDismissed));
    this.#dismiss.dataset.needs = "manage";
    this.#dismiss.title = "Take this stream off the wall; its recordings stay";
    const stop = button("Stop the test camera", () => void stopTestCamera(events));
    stop.dataset.needs = "publish";
    this.#record.replaceChildren(element("i", { class: "record-mark" }), this.#recordText, this.#size);
    this.element = element(
      "div",
      { class: "actions", role: "group", "aria-label": "Actions" },
      full,
      ...pictureInPictureButton(name, player),
      snapshot,
      this.#record,
      ...(name === testCamera ? [stop] : []),
    );
  }

  /** Takes what the server knows. */
  update({ state, isPermanent, recording }: StreamDetails): void {
    if (state !== "waiting" || isPermanent) this.#dismiss.remove();
    else if (!this.#dismiss.isConnected) this.element.append(this.#dismiss);
    this.#updateRecording(recording);
  }

  #updateRecording({ isRecording, bytes, dropped, failure }: RecordingState): void {
    if (dropped > 0 && this.#missing === 0) {
      this.#events.add("The disk is too slow: pictures are missing from the recording", true);
    }
    this.#missing = Math.max(this.#missing, dropped);
    if (isRecording !== this.#isRecording) {
      this.#isRecording = isRecording;
      if (isRecording) this.#events.add("Recording started");
      else this.#ended(failure);
    }
    this.#record.ariaPressed = String(isRecording);
    setText(this.#recordText, isRecording ? "Stop recording" : "Record");
    setText(this.#size, isRecording ? byteSize(bytes) : "");
  }

  async #dismissStream(onDismissed: () => void): Promise<void> {
    try {
      await api.dismissStream(this.#name);
      onDismissed();
    } catch (error) {
      this.#events.add(`Not dismissed: ${(error as Error).message}`, true);
    }
  }

  #ended(failure: string | undefined): void {
    const missing = this.#missing > 0 ? `${counted(this.#missing, "picture")} missing` : undefined;
    const trouble = [failure, missing].filter((text) => text !== undefined).join("; ");
    this.#events.add(trouble ? `Recording stopped: ${trouble}` : "Recording stopped", trouble !== "");
    this.#missing = 0;
  }

  async #toggle(): Promise<void> {
    this.#record.disabled = true;
    try {
      this.#updateRecording(await (this.#isRecording ? api.stopRecording : api.startRecording)(this.#name));
    } catch (error) {
      this.#events.add(`Recording failed: ${(error as Error).message}`, true);
    }
    this.#record.disabled = false;
    this.#record.focus();
  }
}

/** The stream that the wall's button starts. */
const testCamera: TestCamera["stream"] = "test-camera";

async function stopTestCamera(events: EventList): Promise<void> {
  await api
    .stopTestCamera()
    .catch((error: Error) => events.add(`The test camera did not stop: ${error.message}`, true));
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { class: "button", type: "button" }, text);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * A button for a small window above all others, where the browser supports it. The window has its
 * own player, which continues while this page is hidden.
 */
function pictureInPictureButton(name: string, player: NalivePlayerElement): HTMLElement[] {
  const api = (window as { documentPictureInPicture?: PictureInPicture }).documentPictureInPicture;
  if (!api) return [];
  const open = async () => {
    const { width, height } = player.getBoundingClientRect();
    const opened = await api.requestWindow({ width: 480, height: Math.round((480 * height) / width) });
    const frame = opened.document.createElement("iframe");
    frame.src = absolute(watchPath(name));
    frame.title = name;
    frame.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0";
    opened.document.body.append(frame);
  };
  return [button("Picture in picture", () => void open())];
}

/** The time now as `20261124-120307`. */
function fileTime(): string {
  const digits = new Date().toISOString().replace(/\D/g, "");
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}
