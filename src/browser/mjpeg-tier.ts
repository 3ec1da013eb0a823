import type { Tier, TierEvents, TierOptions } from "./tier.js";

/** How long to wait before the stream is asked for again, ms. */
const retryMs = 2000;

/** JPEGs that the server decodes: for browsers that can do nothing else with the stream. No figures are known here. */
export function mjpegTier({ url }: TierOptions, events: TierEvents): Tier {
  const media = document.createElement("img");
  media.alt = "";
  const address = mjpegUrl(url);
  let retry: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    events.onState({ type: "connecting" });
    // The same address again would be answered by what the browser has of it.
    const fresh = new URL(address);
    fresh.searchParams.set("t", `${Date.now()}`);
    media.src = fresh.href;
  };
  const end = () => {
    clearTimeout(retry);
    media.removeAttribute("src");
  };
  media.addEventListener("load", () => {
    events.onState({ type: "live" });
    events.onResize(media.naturalWidth, media.naturalHeight);
    events.onFirstPicture();
  });
  media.addEventListener("error", () => {
    if (!media.hasAttribute("src")) return;
    const reason = "the server sends no JPEGs of this stream";
    events.onState({ type: "retrying", reason, waitMs: retryMs });
    clearTimeout(retry);
    retry = setTimeout(begin, retryMs);
  });
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

/** `ws://host/streams/NAME/ws` → `http://host/streams/NAME/live.mjpeg`, with the same query. */
function mjpegUrl(webSocketUrl: string): string {
  const url = new URL(webSocketUrl);
  url.protocol = url.protocol === "wss:" ? "https:" : "http:";
  url.pathname = url.pathname.replace(/\/ws$/, "/live.mjpeg");
  return url.href;
}
