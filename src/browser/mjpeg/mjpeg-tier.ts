import { isRefused, refusal, unreachable } from "../relay/unreachable.js";
import type { Tier, TierEvents, TierOptions } from "../tier.js";
import { MultipartImages } from "./multipart-images.js";

/** Pause before the next request for the stream, ms. */
const retryMs = 2000;
/**
 * Time without a picture after which the camera counts as gone, ms: the server sends nothing but
 * pictures.
 */
const silenceMs = 3000;
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
    events.onState({ type: "retrying", reason, waitMs: retryMs });
    timer = setTimeout(begin, retryMs);
  };
  let isLive = false;
  const hear = () => {
    clearTimeout(timer);
    if (!isLive) events.onState({ type: "live" });
    isLive = true;
    timer = setTimeout(() => {
      isLive = false;
      events.onState({ type: "waiting" });
    }, silenceMs);
  };
  function begin(): void {
    end();
    connection = new AbortController();
    isLive = false;
    events.onState({ type: "connecting" });
    const { signal } = connection;
    const onImage = (jpeg: Uint8Array<ArrayBuffer>) => {
      hear();
      show(jpeg);
    };
    void follow(address, signal, hear, onImage).then((reason) => {
      if (!signal.aborted) retry(reason);
    });
  }
  events.onWorks("JPEGs decoded by the server");
  begin();
  return {
    media,
    pause() {
      end();
      events.onState({ type: "paused" });
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
    return unreachable(address);
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

/** `ws://host/streams/NAME/ws` → `http://host/streams/NAME/live.mjpeg`, with the same query. */
function mjpegUrl(webSocketUrl: string): string {
  const url = new URL(webSocketUrl);
  url.protocol = url.protocol === "wss:" ? "https:" : "http:";
  url.pathname = url.pathname.replace(/\/ws$/, "/live.mjpeg");
  return url.href;
}
