import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { missing, startCli, why } from "../cli/run-cli.js";
import { clipUnits, freePort, Peer, run, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

const noFfmpeg = missing("ffmpeg");
const noCurl = missing("curl");
const noGStreamer =
  missing("gst-launch-1.0") ??
  ["openh264enc", "curlhttpsink", "tcpclientsink"]
    .filter((element) => spawnSync("gst-inspect-1.0", [element]).status !== 0)
    .map((element) => `GStreamer has no ${element}`)[0];

/** A viewer of a stream that appears soon. */
async function watcher(server: Awaited<ReturnType<typeof serve>>): Promise<Viewer> {
  for (;;) {
    const viewer = new Viewer(server, "cam");
    await viewer.until(() => viewer.closed ?? viewer.binaries.length > 0);
    if (!viewer.closed) return viewer;
    await sleep(20);
  }
}

describe.skipIf(noFfmpeg)(`ffmpeg as a sender${why(noFfmpeg)}`, () => {
  it("posts to /publish/NAME with nothing but -f h264", async () => {
    const server = await serve();
    const source = ["-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=30", "-t", "3"];
    const coding = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15"];
    const args = [
      "-nostdin",
      "-loglevel",
      "error",
      ...source,
      ...coding,
      "-f",
      "h264",
      `${server.url}/publish/cam`,
    ];
    const { done } = run("ffmpeg", args);
    const viewer = await watcher(server);
    await viewer.told("gone");
    expect((await done).errors).toBe("");
    expect(viewer.units.at(-1)!.unit.sequence).toBe(89);
  });
});

describe.skipIf(noCurl)(`curl as a sender${why(noCurl)}`, () => {
  it("uploads standard input with -T -, and gets an answer at its end", async () => {
    const server = await serve();
    const bytes = Buffer.concat(await clipUnits());
    const { done } = run("curl", ["-sS", "-T", "-", `${server.url}/publish/cam`], bytes);
    expect((await done).output.toString()).toBe('{"message":"cam has ended"}');
    const viewer = await new Viewer(server, "cam").open();
    expect((await viewer.told("hello")).edge).toMatchObject({ group: 1, object: 29 });
  });

  it("prints why it was refused", async () => {
    const server = await serve();
    await new Peer(wsUrl(server, "/publish/cam")).open();
    const { done } = run("curl", ["-sS", "-T", "-", `${server.url}/publish/cam`], Buffer.alloc(1000));
    expect(JSON.parse((await done).output.toString())).toMatchObject({ code: "NALIVE_NAME_IN_USE" });
  });
});

describe("nalive send as a sender", () => {
  it("reports why it was refused", async () => {
    const server = await serve();
    await new Peer(wsUrl(server, "/publish/cam")).open();
    const sender = startCli(["send", "test:", wsUrl(server, "/publish/cam")]);
    await sender.says(/trying again in .*NALIVE_NAME_IN_USE: 127\.0\.0\.1:\d+ already publishes cam/);
  });
});

describe.skipIf(noGStreamer)(`GStreamer as a sender${why(noGStreamer)}`, () => {
  const pictures = 60;
  const camera = [
    ...["-q", "videotestsrc", "is-live=true", `num-buffers=${pictures}`, "!"],
    ...["video/x-raw,format=I420,width=320,height=240,framerate=30/1", "!"],
    ...["openh264enc", "gop-size=15", "!", "video/x-h264,stream-format=byte-stream,alignment=au", "!"],
  ];

  /** All pictures were whole: the server reported no issue. */
  async function expectAll(server: Awaited<ReturnType<typeof serve>>, viewer: Viewer) {
    const sequences = () => viewer.units.map(({ unit }) => unit.sequence);
    await viewer.until(() => sequences().at(-1) === pictures - 1);
    expect(viewer.messages.filter(({ type }) => type === "damage")).toEqual([]);
    const [first] = sequences();
    expect(sequences()).toEqual(Array.from({ length: pictures - first! }, (_, index) => first! + index));
    expect(viewer.units[0]!.unit.format).toMatchObject({ width: 320, height: 240 });
    await server.stop();
  }

  it("posts to /publish/NAME with curlhttpsink", async () => {
    const server = await serve();
    const sink = ["curlhttpsink", `location=${server.url}/publish/cam`, "use-content-length=false"];
    run("gst-launch-1.0", [...camera, ...sink]);
    await expectAll(server, await watcher(server));
  });

  it("sends to a source of the server over TCP", async () => {
    const port = await freePort();
    const server = await serve({ sources: { cam: `tcp://127.0.0.1:${port}?listen` } });
    run("gst-launch-1.0", [...camera, "tcpclientsink", "host=127.0.0.1", `port=${port}`]);
    await expectAll(server, await watcher(server));
  });
});
