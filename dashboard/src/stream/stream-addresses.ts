import { copyable } from "../parts/copy-button.js";
import { element } from "../parts/element.js";
import { absolute, streamPath } from "../server/addresses.js";

/** How to use the stream in other pages and programs: addresses and commands ready to copy. */
export function streamAddresses(name: string): HTMLElement {
  const at = (end: string) => absolute(`${streamPath(name)}/${end}`);
  const embed = `<script type="module" src="${location.origin}/player.js"></script>\n<nalive-player src="${at("ws")}"></nalive-player>`;
  return element(
    "section",
    { class: "panel addresses" },
    element("h2", {}, "Use this stream"),
    copyable("Web page (other origins need --allow-origin)", embed),
    copyable("Player only", absolute(`/watch/${encodeURIComponent(name)}`)),
    copyable("ffplay", `ffplay -fflags nobuffer -flags low_delay ${at("live.h264")}`),
    copyable("VLC", `vlc ${at("live.mp4")}`),
    copyable("OpenCV (Python)", `cv2.VideoCapture("${at("live.mjpeg")}")`),
  );
}
