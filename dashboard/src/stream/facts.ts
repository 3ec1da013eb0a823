import type { TierInUse } from "nalive/player";
import { element, setText } from "../parts/element.js";
import { bitRate, counted, duration } from "../parts/words.js";
import type { StreamDetails } from "../server/api.js";

const names = [
  "Codec",
  "Size",
  "Picture rate",
  "Bit rate",
  "Key frames",
  "Reorder depth",
  "Colour",
  "Sender",
  "Viewers",
  "Shown by",
] as const;
type Name = (typeof names)[number];

/** The facts about a stream, one per line. */
export class Facts {
  readonly element: HTMLElement;
  readonly #values = new Map<Name, HTMLElement>();

  constructor() {
    const list = element("dl", { class: "fact-list" });
    for (const name of names) {
      const value = element("dd", {}, "–");
      this.#values.set(name, value);
      list.append(element("dt", {}, name), value);
    }
    this.element = element("section", { class: "panel facts" }, element("h2", {}, "Stream"), list);
  }

  update(stream: StreamDetails): void {
    const { config, picturesPerSecond, bitsPerSecond, viewers, state } = stream;
    this.#set("Codec", config && codecInWords(config.codec));
    this.#set("Size", config && `${config.width} × ${config.height}`);
    this.#set("Picture rate", `${picturesPerSecond.toFixed(1)} pictures/s`);
    this.#set("Bit rate", bitRate(bitsPerSecond));
    this.#set("Key frames", keyFrames(stream));
    this.#set(
      "Reorder depth",
      config?.reorderDepth === undefined ? undefined : counted(config.reorderDepth, "picture"),
    );
    this.#set("Colour", config && (config.colour ?? "not stated"));
    this.#set("Sender", senderInWords(stream));
    this.#set("Viewers", state !== "waiting" || viewers > 0 ? String(viewers) : undefined);
  }

  showTier(tier: TierInUse): void {
    const tiers = { webcodecs: "WebCodecs", mse: "Media Source", mjpeg: "JPEG from the server" };
    if (!tier) return;
    const name = tiers[tier.name];
    this.#set("Shown by", tier.why.startsWith(name) ? tier.why : `${name}: ${tier.why}`);
  }

  #set(name: Name, text: string | undefined): void {
    setText(this.#values.get(name)!, text ?? "–");
  }
}

const how = { websocket: "WebSocket", http: "HTTP", source: "fetched by the server" };

function senderInWords({ publisher, state, sinceSeconds, reason }: StreamDetails): string {
  const forHowLong = duration(sinceSeconds);
  if (!publisher) return `gone for ${forHowLong}${reason ? `: ${reason}` : ""}`;
  const sender = `${publisher.peer}, ${how[publisher.via]}`;
  return state === "silent" ? `${sender}; nothing has come for ${forHowLong}` : sender;
}

const profiles: Readonly<Record<string, string>> = {
  "42": "Baseline",
  "4D": "Main",
  "58": "Extended",
  "64": "High",
  "6E": "High 10",
  "7A": "High 4:2:2",
  F4: "High 4:4:4",
};

/** `H.264 High, level 3.1`. */
function codecInWords(codec: string): string {
  const [, profile, level] = /^avc[13]\.(..)..(..)$/.exec(codec.toUpperCase().replace("AVC", "avc")) ?? [];
  if (!profile || !level) return codec;
  return `H.264 ${profiles[profile] ?? `profile ${Number.parseInt(profile, 16)}`}, level ${Number.parseInt(level, 16) / 10}`;
}

/** The distance between the last two random access points. */
function keyFrames({ recentPictures, picturesPerSecond }: StreamDetails): string | undefined {
  const starts = recentPictures.flatMap(({ object }, index) => (object === 0 ? [index] : []));
  const [before, last] = starts.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const apart = last - before;
  const seconds = picturesPerSecond > 0 ? `, ${(apart / picturesPerSecond).toFixed(1)} s` : "";
  return `every ${counted(apart, "picture")}${seconds}`;
}
