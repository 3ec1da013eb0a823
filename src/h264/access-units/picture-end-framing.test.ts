import { describe, expect, it } from "vitest";
import { annexB, concat, cut } from "../../../test/support/bytes.js";
import { parameterSets, sliceNal } from "../../../test/support/h264/coded-picture.js";
import { endings, picture, receive, sendPictures } from "../../../test/support/receiving.js";

describe("PictureEnd: framing", () => {
  it("of messages is trusted after three of them ended a picture", () => {
    const stream = receive();
    sendPictures(stream, 0, 6, "message");
    expect(endings(stream.units)).toEqual([
      "silence",
      "silence",
      "silence",
      "transport",
      "transport",
      "transport",
    ]);
    expect(stream.input.statistics).toMatchObject({ framingTrusted: true, byTransport: 3, bySilence: 3 });
  });

  it("ends a picture in the very call that brought it", () => {
    const stream = receive();
    sendPictures(stream, 0, 4, "message");
    stream.units.take();
    stream.send(picture(4), "message");
    expect(stream.units.items).toMatchObject([{ sequence: 4, completeAt: stream.clock.now() }]);
  });

  it("keeps silence from ending a picture until its message is complete", () => {
    const stream = receive();
    sendPictures(stream, 0, 5, "message");
    stream.units.take();
    stream.send(picture(5).slice(0, 150), "part");
    stream.clock.advance(1000);
    expect(stream.units.items).toEqual([]);
    stream.send(picture(5).slice(150), "message");
    expect(stream.units.take()).toMatchObject([{ sequence: 5, endedBy: "transport", corrects: false }]);
    expect(stream.issues.list()).toEqual([]);
  });

  it("is learned from messages that come in parts", () => {
    const stream = receive();
    for (let index = 0; index < 6; index++) {
      stream.send(picture(index).slice(0, 100), "part");
      stream.send(picture(index).slice(100), "message");
      stream.clock.advance(33);
    }
    expect(stream.input.statistics.framingTrusted).toBe(true);
  });

  it("is that of packets, in a byte stream whose headers state their length", () => {
    const stream = receive();
    const sendPacket = (index: number) => {
      const payload = picture(index);
      const header = new Uint8Array(12);
      new DataView(header.buffer).setUint32(8, payload.length);
      stream.send(concat(header, payload));
    };
    for (let index = 0; index < 8; index++) {
      sendPacket(index);
      stream.clock.advance(33);
    }
    stream.units.take();
    sendPacket(8);
    // In the very call that brought it, although nothing says that the next picture has begun.
    expect(stream.units.items).toMatchObject([{ sequence: 8, endedBy: "transport", data: picture(8) }]);
    expect(stream.units.items[0]!.position).toBe(
      concat(...[0, 1, 2, 3, 4, 5, 6, 7].map((index) => picture(index))).length + 9 * 12 + 4,
    );
  });

  it("is learned from pictures of a few bytes, too", () => {
    const stream = receive();
    for (let index = 0; index < 12; index++) {
      stream.send(picture(index, 5), "message");
      stream.clock.advance(33);
    }
    expect(stream.input.statistics.framingTrusted).toBe(true);
    expect(stream.issues.list()).toEqual([]);
  });

  it("stays trusted when pictures of a few bytes come", () => {
    const stream = receive();
    sendPictures(stream, 0, 5, "message");
    stream.units.take();
    for (let index = 5; index < 20; index++) {
      stream.send(picture(index, index % 3 === 0 ? 200 : 5), "message");
      stream.clock.advance(33);
    }
    expect(endings(stream.units)).toEqual(Array(15).fill("transport"));
    expect(stream.issues.list()).toEqual([]);
  });

  it("loses trust at the first violation, and needs longer to regain it", () => {
    const stream = receive();
    sendPictures(stream, 0, 5, "message");
    stream.units.take();
    stream.send(picture(5).slice(0, 150), "message");
    stream.send(picture(5).slice(150), "message");
    stream.clock.advance(33);
    expect(stream.units.take()).toMatchObject([
      { sequence: 5, endedBy: "transport", corrects: false },
      { sequence: 5, endedBy: "silence", corrects: true },
    ]);
    expect(stream.issues.list()).toMatchObject([{ code: "framing-violated" }, { code: "wrong-picture-end" }]);
    expect(stream.input.statistics.framingTrusted).toBe(false);

    sendPictures(stream, 6, 11, "message");
    expect(stream.input.statistics.framingTrusted).toBe(false);
    sendPictures(stream, 17, 3, "message");
    expect(stream.input.statistics.framingTrusted).toBe(true);
  });

  /** Pictures of two slices, each slice in one message. */
  function sendSlices(to: ReturnType<typeof receive>, count: number, payload: number) {
    to.send(annexB(...parameterSets()), "message");
    for (let index = 0; index < count; index++) {
      const slice = { frameNum: index, picOrderCntLsb: index * 2, payload, idr: index === 0 };
      to.send(annexB(sliceNal(slice)), "message");
      to.send(annexB(sliceNal({ ...slice, firstMbInSlice: 150 })), "message");
      to.clock.advance(33);
    }
  }

  it("of messages with one slice each is never trusted", () => {
    const stream = receive();
    sendSlices(stream, 20, 100);
    expect(stream.input.statistics).toMatchObject({ framingTrusted: false, wrong: 0 });
    expect(stream.units.items.map(({ picture }) => picture.sliceCount)).toEqual(Array(20).fill(2));
  });

  it("of messages with one slice of a few bytes is trusted less and less often", () => {
    const stream = receive();
    sendSlices(stream, 500, 5);
    expect(stream.input.statistics.wrong).toBeLessThanOrEqual(4);
    expect(stream.issues.count("framing-violated")).toBe(stream.input.statistics.wrong);
    const last = new Map(stream.units.items.map((unit) => [unit.sequence, unit.picture.sliceCount]));
    expect([...last.values()]).toEqual(Array(500).fill(2));
  });

  it("of datagrams: one shorter than the largest ends a picture", () => {
    const stream = receive();
    for (let index = 0; index < 8; index++) {
      for (const datagram of cut(picture(index, 300), [140])) stream.send(datagram, "datagram");
      stream.clock.advance(33);
    }
    expect(endings(stream.units).slice(3)).toEqual(Array(5).fill("transport"));

    // The last datagram is as large as the others, so silence has to end the picture.
    const full = picture(8, 300);
    expect(full.length).toBeGreaterThan(280);
    for (const datagram of cut(picture(8, 280 - (full.length - 300)), [140]))
      stream.send(datagram, "datagram");
    stream.clock.advance(33);
    expect(endings(stream.units)).toEqual(["silence"]);
  });

  it("is never trusted in a byte stream", () => {
    const stream = receive();
    sendPictures(stream, 0, 20, "none");
    expect(stream.input.statistics).toMatchObject({ framingTrusted: false, byTransport: 0 });
  });
});
