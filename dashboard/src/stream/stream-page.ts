import type { NalivePlayerElement } from "nalive/player";
import { ConditionMark } from "../parts/condition-mark.js";
import { element, setText } from "../parts/element.js";
import { showNotice } from "../parts/notice.js";
import { isStale, PlayerWatch } from "../parts/player-watch.js";
import type { View } from "../parts/view.js";
import { milliseconds } from "../parts/words.js";
import { streamPath, withToken } from "../server/addresses.js";
import { api, type StreamDetails } from "../server/api.js";
import { type Answer, poll } from "../server/poll.js";
import { Actions } from "./actions.js";
import { DelayHistory } from "./delay-history.js";
import { DelayPanel } from "./delay-panel.js";
import { EventList } from "./event-list.js";
import { Facts } from "./facts.js";
import { PictureBars } from "./picture-bars.js";
import { RecordingList } from "./recording-list.js";
import { streamAddresses } from "./stream-addresses.js";

/** One stream, large, with everything known about it. */
export class StreamPage implements View {
  readonly place: string;
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #player: NalivePlayerElement;
  readonly #watch: PlayerWatch;
  readonly #mark = new ConditionMark(true);
  readonly #figure = element("section", { class: "panel now", "aria-label": "Now" });
  readonly #hero = element("p", { class: "hero" }, "– ms");
  readonly #history = new DelayHistory();
  readonly #delay = new DelayPanel(this.#history);
  readonly #bars = new PictureBars();
  readonly #facts = new Facts();
  readonly #events: EventList;
  readonly #actions: Actions;
  readonly #recordings: RecordingList;
  readonly #notice = element("div", { class: "notices" });
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #stop: () => void = () => undefined;
  /** The server knows the stream, or has known it. */
  #isKnown = false;

  /** @param onDismissed called once the stream is off the server's list */
  constructor(name: string, onDismissed: () => void) {
    this.#name = name;
    this.place = name;
    // The player comes first: it connects as soon as it is in the page, before any request.
    this.#player = element("nalive-player", {
      src: withToken(`${streamPath(name)}/ws`),
      "aria-label": `${name}, live`,
    });
    // Before the watch hears of the picture, which may be the first since joining.
    this.#player.addEventListener("picture", ({ detail }) => {
      const isDelay = this.#player.state.type === "live" && !this.#watch.isFromJoining(detail);
      if (isDelay) this.#history.add(detail);
      this.#bars.add(detail);
    });
    this.#watch = new PlayerWatch(this.#player);
    this.#events = new EventList(this.#player);
    this.#actions = new Actions(name, this.#player, this.#events, onDismissed);
    this.#recordings = new RecordingList(name);
    this.#player.addEventListener("state", ({ detail }) => {
      if (detail.type === "connecting") this.#history.join();
    });
    this.#player.addEventListener("tier", ({ detail }) => this.#facts.showTier(detail));
    this.#figure.append(
      element("div", { class: "now-line" }, this.#mark.element),
      this.#hero,
      element(
        "p",
        { class: "panel-note" },
        "from the last byte of a picture at the server until this page shows it",
      ),
    );
    this.element = element(
      "main",
      { class: "stream" },
      element("h1", { class: "for-readers" }, name),
      this.#notice,
      element(
        "div",
        { class: "column main" },
        element("div", { class: "picture" }, this.#player),
        this.#actions.element,
        element("div", { class: "plots" }, this.#delay.element, this.#bars.element),
        streamAddresses(name),
      ),
      element(
        "div",
        { class: "column side" },
        this.#figure,
        this.#events.element,
        this.#facts.element,
        this.#recordings.element,
      ),
    );
  }

  start(): void {
    this.#stop = poll(
      () => api.getStream(this.#name),
      (answer) => this.#take(answer),
    );
    this.#timers.push(
      setInterval(() => this.#refresh(), 250),
      setInterval(() => this.#second(), 1000),
    );
  }

  close(): void {
    this.#stop();
    for (const timer of this.#timers) clearInterval(timer);
    this.#delay.close();
  }

  #take(answer: Answer<StreamDetails>): void {
    this.#facts.element.classList.toggle("stale", answer.type !== "answered");
    if (answer.type !== "answered") {
      this.#takeRefusal(answer);
      return;
    }
    this.#isKnown = true;
    this.element.classList.remove("unknown");
    this.#notice.replaceChildren();
    this.#facts.update(answer.value);
    if (this.#player.tierInUse?.name === "mjpeg") this.#bars.replace(answer.value.recentPictures);
    this.#actions.update(answer.value);
    void this.#recordings.refresh();
  }

  /**
   * Once the stream was seen, its last picture and figures stay, and the player shows what is
   * wrong.
   */
  #takeRefusal(answer: Exclude<Answer<StreamDetails>, { type: "answered" }>): void {
    if (answer.type === "unreachable" || (this.#isKnown && answer.status !== 401)) return;
    this.element.classList.toggle("unknown", !this.#isKnown);
    showNotice(this.#notice, answer);
  }

  #refresh(): void {
    const { condition } = this.#watch;
    this.#mark.show(condition);
    for (const part of [this.#figure, this.#delay.element, this.#bars.element])
      part.classList.toggle("stale", isStale(condition));
    this.#bars.update();
  }

  #second(): void {
    this.#history.tick();
    this.#delay.update();
    const { condition, delayMs } = this.#watch;
    // The last figure stays, in grey: the picture that it is about stays, too.
    if (!isStale(condition)) setText(this.#hero, milliseconds(delayMs));
    this.#hero.dataset.condition = condition;
  }
}
