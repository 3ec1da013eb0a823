import { copyable } from "../parts/copy-button.js";
import { element } from "../parts/element.js";
import { absolute, streamPath } from "../server/addresses.js";

/** The stream in other pages and programs: addresses that work as they are. */
export function streamAddresses(name: string): HTMLElement {
  const at = (end: string) => absolute(`${streamPath(name)}/${end}`);
  const embed = `<script type="module" src="${location.origin}/player.js"></script>\n<nalive-player src="${at("ws")}"></nalive-player>`;
  return element(
    "section",
    { class: "panel elsewhere" },
    element("h2", {}, "Elsewhere"),
    copyable("In a page; one of another origin needs --allow-origin", embed),
    copyable("The player alone", absolute(`/watch/${encodeURIComponent(name)}`)),
    copyable("ffplay", `ffplay -fflags nobuffer -flags low_delay ${at("live.h264")}`),
    copyable("VLC", `vlc ${at("live.mp4")}`),
    copyable("OpenCV", `cv2.VideoCapture("${at("live.mjpeg")}")`),
  );
}
