import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { splitAnnexB } from "../../src/h264/annex-b.js";
import { startCli } from "../cli/run-cli.js";
import { encodeWithX264 } from "../support/h264/x264.js";
import { clipUnits, freePort, get, Peer, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

const bytes = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
  );

/**
 * An MPEG transport stream as `ffmpeg -f mpegts` sends it: start codes and NAL units cut by the
 * headers of its packets.
 */
async function transportStream(): Promise<Buffer> {
  const stream = Buffer.concat(await clipUnits());
  const packets: Buffer[] = [];
  for (let at = 0; at + 184 <= stream.length; at += 184)
    packets.push(bytes([0x47, 1, 0, 0x10]), stream.subarray(at, at + 184));
  return Buffer.concat(packets);
}

/**
 * The beginning of an MPEG program stream: a pack header, the header of a PES packet, and a small
 * picture in a few hundred bytes.
 */
function programStream(): Buffer {
  const settings = { width: 64, height: 64, pictures: 1, preset: "ultrafast", parameters: "keyint=30" };
  const [picture] = encodeWithX264(settings, (frame) => {
    for (const plane of frame.data ?? []) plane.fill(60);
  });
  const pack = [0, 0, 1, 0xba, 0x44, 0, 4, 0, 4, 1, 0, 0x27, 0x13, 0xf8];
  const packet = [0, 0, 1, 0xe0, 2, 0, 0x80, 0, 0];
  // Without the SEI in which x264 writes its settings.
  const nalUnits = splitAnnexB(picture!).filter((nal) => (nal[0]! & 31) !== 6);
  return bytes(pack, packet, ...nalUnits.flatMap((nal) => [[0, 0, 0, 1], [...nal]]));
}

const post = async (server: { url: string }, body: Uint8Array) => {
  const response = await fetch(`${server.url}/publish/cam`, { method: "POST", body: body as BodyInit });
  return { status: response.status, ...((await response.json()) as { code?: string; message: string }) };
};

describe("a publisher of something other than H.264", () => {
  it.each([
    [
      "an image",
      bytes([0xff, 0xd8, 0xff, 0xe0], "Exif"),
      415,
      "NALIVE_NOT_H264",
      /sent 8 bytes without a picture: .* this is a JPEG image/,
    ],
    [
      "a file",
      bytes([0, 0, 0, 32], "ftypisom", Array(5000).fill(7)),
      415,
      "NALIVE_NOT_H264",
      /this is an MP4 file/,
    ],
    [
      "text",
      bytes("Error: no such camera\n"),
      415,
      "NALIVE_NOT_H264",
      /this is text \("Error: no such camera/,
    ],
    ["nothing", bytes(), 422, "NALIVE_NO_PICTURE", /^The publisher sent 0 bytes without a picture/],
    [
      "noise",
      bytes(Array(3000).fill(0xaa)),
      422,
      "NALIVE_NO_PICTURE",
      /^The publisher sent 3000 bytes without a picture.*issues/,
    ],
  ])("over HTTP is told so: %s", async (_what, body, status, code, message) => {
    const server = await serve();
    expect(await post(server, body)).toEqual({ status, code, message: expect.stringMatching(message) });
  });

  it("is disconnected at once if that is certain, and viewers get no picture of it", async () => {
    const server = await serve();
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const viewer = await new Viewer(server, "cam").open();
    ws.send((await clipUnits())[0]!);
    await viewer.received(1);
    ws.close();
    await viewer.told("gone");
    const second = await new Peer(wsUrl(server, "/publish/cam")).open();
    for (let at = 0, stream = await transportStream(); at < stream.length; at += 1400)
      second.ws.send(stream.subarray(at, at + 1400));
    await second.until(() => second.closed);
    expect(second.closed).toMatchObject({ code: 4415, reason: expect.stringContaining("NALIVE_NOT_H264") });
    expect(second.texts.at(-1)).toContain("an MPEG transport stream");
    expect(viewer.units).toHaveLength(1);
    expect(await post(server, Buffer.concat(await clipUnits()))).toMatchObject({ status: 200 });
  });

  it("is disconnected in time even if its first bytes come a few at a time", async () => {
    const server = await serve();
    const peer = await new Peer(wsUrl(server, "/publish/cam")).open();
    const stream = programStream();
    expect(stream.length).toBeLessThan(1024);
    for (let at = 0; at < stream.length; at += 10) peer.ws.send(stream.subarray(at, at + 10));
    // Silence would end the picture.
    await sleep(300);
    expect(JSON.parse((await get(server, "/api/streams/cam")).text)).toMatchObject({ pictures: 0 });
    expect(peer.texts.at(-1)).toContain("this is an MPEG program stream");
  });

  it("is ignored if it sends to a source, and viewers see the next sender", async () => {
    const port = await freePort();
    const server = await serve({ sources: { cam: `tcp://127.0.0.1:${port}?listen` } });
    const viewer = await new Viewer(server, "cam").open();
    const stranger = connect(port, "127.0.0.1");
    stranger.write(await transportStream());
    expect((await viewer.told("gone")).reason).toContain("an MPEG transport stream");
    stranger.end();
    await sleep(100);
    connect(port, "127.0.0.1").end(Buffer.concat(await clipUnits()));
    await viewer.received(60);
    expect(viewer.units).toHaveLength(60);
  });
});

describe("a sender of datagrams that was ignored", () => {
  it("is heard again after a silence, because datagrams have no end", async () => {
    const port = await freePort();
    const server = await serve({ sources: { cam: `udp://127.0.0.1:${port}` } });
    const viewer = await new Viewer(server, "cam").open();
    const socket = createSocket("udp4");
    const send = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += 1316) {
        socket.send(bytes.subarray(at, at + 1316), port, "127.0.0.1");
        await sleep(1);
      }
    };
    await sleep(100);
    await send(await transportStream());
    expect((await viewer.told("gone")).reason).toContain("an MPEG transport stream");
    await sleep(2100);
    await send(Buffer.concat((await clipUnits()).slice(0, 20)));
    await viewer.received(19);
    socket.close();
  });
});

describe("the log of a server", () => {
  it("states why a publisher over HTTP was refused, because ffmpeg does not", async () => {
    const started = startCli(["serve", "--port", "0"]);
    const [, url] = await started.says(/serving at (\S+)/);
    for (const name of ["a%20b", "cam"])
      await fetch(`${url}/publish/${name}`, { method: "POST", body: "Dear server, how are you?" });
    const peer = await new Peer(`${url!.replace("http", "ws")}/publish/cam`).open();
    peer.ws.send("AAAAAWdCwB8=");
    peer.ws.send("AAAAAWjOPIA=");
    peer.ws.close();
    const isLive = async () => (await (await fetch(`${url}/api/streams`)).text()).includes('"live"');
    while (await isLive()) await sleep(20);
    started.child.kill("SIGTERM");
    const log = (await started.ended).stdout.toString();
    expect(log).toMatch(/127\.0\.0\.1:\d+ was refused: The name in the path was \\"a b\\"/);
    expect(log).toMatch(
      /127\.0\.0\.1:\d+ was refused: The publisher sent \d+ bytes without a picture: expected raw H\.264 .* this is text/,
    );
    expect(log.match(/sends text messages, which are ignored/g)).toHaveLength(1);
    expect(log).toMatch(/left: The publisher sent 0 bytes without a picture/);
  });
});
