import { at } from "../server/addresses.js";
import { api } from "../server/api.js";
import { token } from "../server/token.js";
import { copyable } from "./copy-button.js";
import { element } from "./element.js";

/** How to send a stream to this server: a button for the test camera, and commands ready to run. */
export function howToSend(title: string): HTMLElement {
  const failure = element("p", { class: "failure", role: "status" });
  const start = element(
    "button",
    { class: "button strong", type: "button", "data-needs": "publish" },
    "Start the test camera",
  );
  start.addEventListener("click", async () => {
    start.disabled = true;
    failure.textContent = await api.startTestCamera().then(
      () => "",
      (error: Error) => `The test camera did not start: ${error.message}`,
    );
    start.disabled = false;
  });
  return element(
    "section",
    { class: "send" },
    element(
      "div",
      { class: "send-start" },
      element("h2", {}, title),
      element("p", {}, "Send raw H.264 under any name, and the stream appears here."),
      start,
      failure,
    ),
    element("div", { class: "send-commands" }, ...commands().map(([label, text]) => copyable(label, text))),
  );
}

function commands(): [string, string][] {
  const query = token() === undefined ? "" : "?token=TOKEN";
  const url = `${location.origin}${at("publish/cam")}${query}`;
  const encode = "-c:v libx264 -preset ultrafast -tune zerolatency -g 60 -pix_fmt yuv420p";
  return [
    [
      "FFmpeg: test pattern",
      `ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 ${encode} -f h264 ${url}`,
    ],
    ["FFmpeg: webcam on Linux", `ffmpeg -f v4l2 -i /dev/video0 ${encode} -f h264 ${url}`],
    ["Raspberry Pi camera", `rpicam-vid -t 0 --codec h264 --inline --flush -o - | curl -T - ${url}`],
    ["nalive: test camera", `npx nalive send test: "${url.replace("http", "ws")}"`],
  ];
}
