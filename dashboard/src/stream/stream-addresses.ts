import { copyable } from "../parts/copy-button.js";
import { element } from "../parts/element.js";
import { absolute, at, streamPath, watchPath } from "../server/addresses.js";

/** How to use the stream in other pages and programs: addresses and commands ready to copy. */
export function streamAddresses(name: string): HTMLElement {
  const address = (end: string) => absolute(`${streamPath(name)}/${end}`);
  const embed = `<script type="module" src="${location.origin}${at("player.js")}"></script>\n<nalive-player src="${address("ws")}"></nalive-player>`;
  return element(
    "section",
    { class: "panel addresses" },
    element("h2", {}, "Use this stream"),
    copyable("Web page (other origins need --allow-origin)", embed),
    copyable("Player only", absolute(watchPath(name))),
    copyable("ffplay", `ffplay -fflags nobuffer -flags low_delay ${address("live.h264")}`),
    copyable("VLC", `vlc ${address("live.mp4")}`),
    copyable("OpenCV (Python)", `cv2.VideoCapture("${address("live.mjpeg")}")`),
  );
}
