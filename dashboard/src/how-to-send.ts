import { copyable } from "./copy-button.js";
import { element } from "./element.js";
import { token } from "./token.js";

/** How to send a stream to this server: commands that work as they are. */
export function howToSend(): HTMLElement {
  return element(
    "section",
    { class: "send" },
    element("h2", {}, "Send a stream"),
    element("p", {}, "Any raw H.264, to any name. It appears here as soon as its first picture is whole."),
    ...commands().map(([label, command]) => copyable(label, command)),
  );
}

function commands(): [string, string][] {
  const query = token() === undefined ? "" : "?token=TOKEN";
  const url = `${location.origin}/publish/cam${query}`;
  const encode = "-c:v libx264 -preset ultrafast -tune zerolatency -g 60 -pix_fmt yuv420p";
  return [
    [
      "FFmpeg, a test picture",
      `ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 ${encode} -f h264 ${url}`,
    ],
    ["FFmpeg, a webcam on Linux", `ffmpeg -f v4l2 -i /dev/video0 ${encode} -f h264 ${url}`],
    ["A Raspberry Pi's camera", `rpicam-vid -t 0 --codec h264 --inline --flush -o - | curl -T - ${url}`],
    ["nalive, its test camera", `npx nalive send test: "${url.replace("http", "ws")}"`],
  ];
}
