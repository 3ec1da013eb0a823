import type { Microseconds } from "../../core/time.js";
import { ArrivalWatch } from "../../live/relay/arrival-watch.js";
import { browserClock } from "../browser-clock.js";
import type { RelayState } from "../relay/relay-client.js";
import { isRefused, refusal, whyUnreachable } from "../relay/unreachable.js";
import type { Tier, TierEvents, TierOptions } from "../tier.js";
import { followSocket } from "./image-socket.js";
import { MultipartImages } from "./multipart-images.js";

/** Pause before the next request for the stream, ms. */
const retryMs = 2000;
/** How often to look whether pictures still come, ms. */
const lookMs = 1000;
/** Time from a failed request to the browser's report that the page's policy forbids it, ms. */
const refusalMs = 100;

/**
 * Draws JPEGs that the server makes, for browsers that cannot use the stream otherwise. It has no
 * figures.
 */
export function mjpegTier({ url }: TierOptions, events: TierEvents): Tier {
  const media = document.createElement("canvas");
  const show = newestImage(media, events);
  let connection = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(timer);
    connection.abort();
  };
  const address = mjpegUrl(url);
  const retry = (reason: string) => {
    end();
    if (isRefused(address)) {
      events.onFails(refusal(address));
      return;
    }
    tell({ type: "retrying", reason, waitMs: retryMs });
    timer = setTimeout(begin, retryMs);
  };
  let arrivals = new ArrivalWatch(browserClock.now());
  let told: RelayState | undefined;
  const tell = (state: RelayState) => {
    // The API states when a silence began in whole seconds: each answer may differ by one.
    const isSilent = state.type === "silent" && told?.type === "silent";
    if (isSilent || JSON.stringify(state) === JSON.stringify(told)) return;
    told = state;
    events.onState(state);
  };
  /** The response holds nothing but pictures: once none come any more, the API says why. */
  const look = async () => {
    const { signal } = connection;
    const since = arrivals.silentSince(browserClock.now());
    if (since !== undefined) {
      const silent = { type: "silent", since: dateOf(since) } as const;
      const state = (await askState(apiUrl(url), signal)) ?? silent;
      if (signal.aborted) return;
      if (arrivals.silentSince(browserClock.now()) !== undefined)
        tell(state.type === "live" ? silent : state);
    }
    timer = setTimeout(() => void look(), lookMs);
  };
  function begin(): void {
    end();
    connection = new AbortController();
    tell({ type: "connecting" });
    const { signal } = connection;
    const onBegin = () => {
      arrivals = new ArrivalWatch(browserClock.now());
      tell({ type: "live" });
      void look();
    };
    const onImage = (jpeg: Uint8Array<ArrayBuffer>) => {
      arrivals.note(browserClock.now());
      if (told?.type !== "live") tell({ type: "live" });
      show(jpeg);
    };
    void followSocket(address.replace(/^http/, "ws"), signal, onBegin, onImage)
      .then((reason) => reason ?? (signal.aborted ? "" : follow(address, signal, onBegin, onImage)))
      .then((reason) => {
        if (!signal.aborted) retry(reason);
      });
  }
  events.onWorks("JPEGs decoded by the server");
  begin();
  return {
    media,
    pause() {
      end();
      tell({ type: "paused" });
    },
    resume: begin,
    close: end,
  };
}

/** Reads the images of a response as they arrive. @returns why there are no more */
async function follow(
  address: string,
  signal: AbortSignal,
  onBegin: () => void,
  onImage: (jpeg: Uint8Array<ArrayBuffer>) => void,
): Promise<string> {
  const response = await fetch(address, { signal, cache: "no-store" }).catch(() => undefined);
  if (!response) {
    await new Promise((resolve) => setTimeout(resolve, refusalMs));
    return whyUnreachable(address);
  }
  if (!response.ok || !response.body) {
    const { message } = await response.json().catch(() => ({}));
    return message ?? `the server sends no JPEGs of this stream (${response.status})`;
  }
  onBegin();
  const images = new MultipartImages();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted || done) return "the stream has ended";
      const newest = images.push(value).at(-1);
      if (newest) onImage(newest);
    }
  } catch (error) {
    return error instanceof TypeError ? "the connection broke" : (error as Error).message;
  }
}

/** Asks the API for the state of the stream; undefined if it does not answer. */
async function askState(address: string, signal: AbortSignal): Promise<RelayState | undefined> {
  const response = await fetch(address, { signal, cache: "no-store" }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const { state, sinceSeconds, reason } = await response.json().catch(() => ({}));
  if (state === "waiting") return { type: "waiting", ...(reason ? { reason } : {}) };
  return state === "silent" ? { type: "silent", since: Date.now() - sinceSeconds * 1000 } : { type: "live" };
}

/** A time of this page's clock as that of `Date.now()`. */
function dateOf(time: Microseconds): number {
  return Math.round(Date.now() - (browserClock.now() - time) / 1000);
}

/** Draws JPEGs one after the other. While one is being decoded, only the newest waits. */
function newestImage(media: HTMLCanvasElement, events: TierEvents): (jpeg: Uint8Array<ArrayBuffer>) => void {
  const context = media.getContext("2d", { alpha: false });
  let newest: Blob | undefined;
  let isBusy = false;
  const next = async () => {
    const jpeg = newest;
    newest = undefined;
    isBusy = jpeg !== undefined;
    if (!jpeg) return;
    // Not an image element, whose blob: address a Content-Security-Policy would have to allow.
    const image = await createImageBitmap(jpeg).catch(() => undefined);
    if (image) draw(image);
    void next();
  };
  const draw = (image: ImageBitmap) => {
    const { width, height } = image;
    if (media.width !== width || media.height !== height) {
      media.width = width;
      media.height = height;
      events.onResize(width, height);
    }
    context?.drawImage(image, 0, 0);
    image.close();
    events.onFirstPicture();
  };
  return (jpeg) => {
    newest = new Blob([jpeg], { type: "image/jpeg" });
    if (!isBusy) void next();
  };
}

/** `ws://host/streams/NAME/ws` → `http://host/api/streams/NAME`, with the same query. */
function apiUrl(webSocketUrl: string): string {
  const url = new URL(mjpegUrl(webSocketUrl));
  url.pathname = url.pathname.replace(/\/streams\/([^/]+)\/live\.mjpeg$/, "/api/streams/$1");
  return url.href;
}

/** `ws://host/streams/NAME/ws` → `http://host/streams/NAME/live.mjpeg`, with the same query. */
function mjpegUrl(webSocketUrl: string): string {
  const url = new URL(webSocketUrl);
  url.protocol = url.protocol === "wss:" ? "https:" : "http:";
  url.pathname = url.pathname.replace(/\/ws$/, "/live.mjpeg");
  return url.href;
}
