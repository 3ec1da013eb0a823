import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { joinAnnexB } from "../../src/h264/annex-b.js";
import { clipUnits, get, Peer, publishUnits, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

async function publisher(server: Awaited<ReturnType<typeof serve>>, name = "cam", query = ""): Promise<Peer> {
  return new Peer(wsUrl(server, `/publish/${name}${query}`)).open();
}

/** The bytes of each NAL unit, without the zeros between them. */
const nalUnits = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes)
    .toString("hex")
    .split(/(?:00)+01(?=(?:..)*$)/)
    .slice(1);

const places = (viewer: Viewer) => viewer.units.map(({ group, object }) => `${group}.${object}`);

describe("a stream", () => {
  it("published in pieces cut anywhere arrives as whole pictures, all of them, in order", async () => {
    const server = await serve();
    const units = await clipUnits();
    const bytes = Buffer.concat(units);
    const { ws } = await publisher(server);
    ws.send(bytes.subarray(0, 100));
    const viewer = await new Viewer(server, "cam").open();
    for (let at = 100; at < bytes.length; at += 1400) ws.send(bytes.subarray(at, at + 1400));
    ws.close();
    const received = await viewer.received(60);
    expect(received.map(({ unit }) => nalUnits(unit.data))).toEqual(units.map(nalUnits));
    expect(places(viewer)).toEqual([
      ...Array.from({ length: 30 }, (_, object) => `0.${object}`),
      ...Array.from({ length: 30 }, (_, object) => `1.${object}`),
    ]);
  });

  it("gives a silent viewer at once all that it needs to show the newest picture", async () => {
    const server = await serve();
    const units = await clipUnits();
    const { ws } = await publisher(server);
    await publishUnits(ws, units.slice(0, 46));
    const early = await new Viewer(server, "cam").open();
    await early.until(() => early.units.some(({ group, object }) => group === 1 && object === 14));
    const viewer = await new Viewer(server, "cam").open();
    const hello = await viewer.told("hello");
    expect(hello).toMatchObject({
      version: 1,
      stream: "cam",
      state: "live",
      config: {
        codec: expect.stringMatching(/^avc1\.[0-9A-F]{6}$/),
        width: 320,
        height: 240,
        pictureRate: 30,
      },
    });
    const edge = hello.edge!;
    await viewer.until(() =>
      viewer.units.some(({ group, object }) => group === edge.group && object === edge.object),
    );
    expect(places(viewer).slice(0, 2)).toEqual(["1.0", "1.1"]);
    expect(viewer.units[0]!.unit.parameterSets.length).toBeGreaterThan(10);
    expect(viewer.units[1]!.unit.parameterSets).toHaveLength(0);
    await publishUnits(ws, units.slice(46));
    await viewer.until(() => viewer.units.some(({ object }) => object === edge.object + 3));
  });

  it("keeps its viewers while the publisher is away, and tells them when it leaves and returns", async () => {
    const server = await serve();
    const units = await clipUnits();
    const first = await publisher(server);
    await publishUnits(first.ws, units.slice(0, 10));
    const viewer = await new Viewer(server, "cam").open();
    first.ws.close();
    expect(await viewer.told("gone")).toMatchObject({
      waitsMs: 3_600_000,
      reason: expect.stringContaining("left"),
    });
    await viewer.received(10);
    const second = await publisher(server);
    expect(await viewer.told("back")).toEqual({ type: "back", epoch: 1 });
    await publishUnits(second.ws, units.slice(0, 5));
    second.ws.close();
    const received = await viewer.received(15);
    expect(received.at(-1)).toMatchObject({ group: 1, object: 4, unit: { epoch: 1 } });
  });

  it("ends when nobody publishes it any more, and tells its viewers", async () => {
    const server = await serve({ publish: { waitMs: 1, keepMs: 1 } });
    const { ws } = await publisher(server);
    ws.send((await clipUnits())[0]!);
    const viewer = await new Viewer(server, "cam").open();
    ws.close();
    expect((await viewer.told("bye")).reason).toBe("Nobody has published cam for 1 ms");
    await viewer.until(() => viewer.closed);
    expect(viewer.closed).toMatchObject({ code: 4410 });
    expect(viewer.closed?.reason).toMatch(/^NALIVE_STREAM_ENDED: /);
  });

  it("has the same name however the address encodes it", async () => {
    const server = await serve();
    const { ws } = await publisher(server, "%63am");
    const viewer = await new Viewer(server, "c%61m").open();
    ws.send((await clipUnits())[0]!);
    await viewer.received(1);
    const other = await publisher(server, "cam");
    await other.until(() => other.closed);
    expect(other.closed?.code).toBe(4409);
    const nameless = await publisher(server, "50%");
    await nameless.until(() => nameless.closed);
    expect(nameless.texts[0]).toContain("expected 1 to 64 letters");
  });

  it("refuses to be read at its publishing address, and says where to watch", async () => {
    const response = await fetch(`${(await serve()).url}/publish/cam`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, PUT"]);
    expect(await response.text()).toContain("/watch/NAME");
  });

  it("has one publisher: it refuses a second one and names the first", async () => {
    const server = await serve();
    const first = await publisher(server);
    const second = await publisher(server);
    await second.until(() => second.closed);
    expect(second.closed?.code).toBe(4409);
    expect(JSON.parse(second.texts[0]!)).toMatchObject({
      type: "bye",
      reason: expect.stringMatching(/^127\.0\.0\.1:\d+ already publishes cam/),
    });
    expect(first.ws.readyState).toBe(WebSocket.OPEN);
  });

  it("lets a second publisher take over if configured so", async () => {
    const server = await serve({ publish: { takeover: true } });
    const units = await clipUnits();
    const first = await publisher(server);
    await publishUnits(first.ws, units.slice(0, 10));
    const viewer = await new Viewer(server, "cam").open();
    await viewer.received(9);
    const second = await publisher(server);
    await publishUnits(second.ws, units.slice(0, 10));
    await viewer.until(() => viewer.units.some(({ group, object }) => group === 1 && object === 8));
    await first.until(() => first.closed);
    expect(first.closed).toMatchObject({ code: 4409, reason: expect.stringContaining("NALIVE_TAKEN_OVER") });
  });

  it("asks its publisher for a key frame if a viewer has nothing to start from, at a limited rate", async () => {
    const server = await serve();
    const sender = await publisher(server);
    for (let count = 0; count < 3; count++) await (await new Viewer(server, "cam").open()).told("hello");
    await sender.until(() => sender.texts.length > 0);
    await sleep(50);
    expect(sender.texts.map((text) => JSON.parse(text))).toEqual([
      { type: "key-frame-request", reason: "A viewer waits for a key frame to start from" },
    ]);
  });

  it.each([
    ["a key frame", "before-random-access-point", true],
    ["its parameter sets", "missing-parameter-set", false],
  ])(
    "asks a publisher that begins without %s for a key frame, and gives the reason",
    async (_, code, hasSets) => {
      const server = await serve();
      const [first, ...others] = await clipUnits();
      const sender = await publisher(server);
      const nals = nalUnits(first!).map((nal) => Buffer.from(nal, "hex"));
      if (hasSets) sender.ws.send(joinAnnexB(nals.filter(([header]) => [7, 8].includes(header! & 31))));
      await publishUnits(sender.ws, others.slice(0, 5));
      await sender.until(() => sender.texts.length > 0);
      await sleep(50);
      expect(sender.texts.map((text) => JSON.parse(text))).toEqual([
        { type: "key-frame-request", reason: code },
      ]);
      const { issues } = JSON.parse((await get(server, "/api/streams/cam")).text);
      expect(issues).toMatchObject([{ code }]);
    },
  );

  it("pings its publisher every four seconds while it sends", async () => {
    const server = await serve();
    const units = await clipUnits();
    const { ws } = await publisher(server);
    let pings = 0;
    ws.on("ping", () => pings++);
    const start = performance.now();
    for (let index = 0; performance.now() - start < 4500; index++) {
      ws.send(units[index % units.length]!);
      await sleep(20);
    }
    expect(pings).toBe(1);
  });

  it("reports damage to viewers", async () => {
    const server = await serve();
    const units = await clipUnits();
    const { ws } = await publisher(server);
    await publishUnits(ws, units.slice(0, 5));
    const viewer = await new Viewer(server, "cam").open();
    await viewer.received(4);
    ws.send(Uint8Array.of(0, 0, 0, 1, 0x80 | 1, 1, 2, 3));
    await publishUnits(ws, units.slice(5, 8));
    expect(await viewer.told("damage")).toMatchObject({ code: "malformed-nal-unit", count: 1 });
    // A WebSocket loses nothing, and no picture is missing: nothing is held back.
    await viewer.received(7);
    expect(viewer.units.filter(({ unit }) => unit.discontinuity && unit.sequence > 0)).toEqual([]);
  });

  it("answers a viewer that asks for the clock", async () => {
    const server = await serve();
    await publisher(server);
    const viewer = await new Viewer(server, "cam").open();
    const hello = await viewer.told("hello");
    viewer.say({ type: "clock", sentAt: 12.5 });
    const clock = await viewer.told("clock");
    expect(clock.sentAt).toBe(12.5);
    expect(clock.now - hello.now).toBeGreaterThanOrEqual(0);
    expect(clock.now - hello.now).toBeLessThan(5_000_000);
  });

  it("disconnects a viewer that sends malformed messages, and no other", async () => {
    const server = await serve();
    const { ws } = await publisher(server);
    const [bad, good] = [await new Viewer(server, "cam").open(), await new Viewer(server, "cam").open()];
    bad.ws.send('{"type":"ack"}');
    await bad.until(() => bad.closed);
    expect(bad.closed).toMatchObject({ code: 1002, reason: expect.stringContaining("NALIVE_PROTOCOL") });
    await publishUnits(ws, (await clipUnits()).slice(0, 3));
    await good.received(2);
  });

  it("refuses a viewer of a name that nobody publishes, and lists the names in use", async () => {
    const server = await serve();
    await publisher(server);
    const viewer = new Viewer(server, "other");
    await viewer.until(() => viewer.closed);
    expect(viewer.closed?.code).toBe(4404);
    expect((await viewer.told("bye")).reason).toBe('No such stream: "other". Streams now: cam');
  });
});

describe("a slow viewer", () => {
  it("that reads nothing changes nothing for the others, and holds bounded memory", async () => {
    const server = await serve({ bounds: { maxWaitingBytes: 500_000 } });
    const units = await clipUnits("size=640x480&gop=15&frames=90&bitrate=20M");
    const { ws } = await publisher(server);
    ws.send(units[0]!);
    const [stuck, good] = [await new Viewer(server, "cam").open(), await new Viewer(server, "cam").open()];
    await stuck.told("hello");
    stuck.ws.pause();
    const total = 12;
    for (let round = 0; round < total; round++) {
      await publishUnits(ws, round === 0 ? units.slice(1) : units, 1);
    }
    await good.until(() => good.binaries.length >= total * units.length - 1);
    const gaps = good.units.filter(
      ({ object }, index) => index > 0 && object !== 0 && object !== good.units[index - 1]!.object + 1,
    );
    expect(gaps).toEqual([]);
    const sent = stuck.binaries.length;
    stuck.ws.resume();
    // First comes what the kernel and the process held, then a new group.
    const dropped = await stuck.told("dropped");
    expect(dropped.count).toBeGreaterThan(0);
    expect(dropped.next.object).toBe(0);
    const { text } = await get(server, "/metrics");
    const late = /^nalive_dropped_for_viewers_total\{stream="cam",reason="late"\} (\d+)$/m.exec(text)?.[1];
    expect(Number(late)).toBeGreaterThanOrEqual(dropped.count);
    expect(sent).toBeLessThan(total * units.length);
  }, 60_000);

  it("that reads at half the rate gets fewer pictures, all of which can be decoded, up to the newest", async () => {
    const server = await serve({ bounds: { maxWaitingMs: 100, maxUnackedMs: 100 } });
    const units = await clipUnits("size=320x240&gop=10&frames=60&bitrate=400K");
    const { ws } = await publisher(server);
    ws.send(units[0]!);
    ws.send(units[1]!);
    const viewer = await new Viewer(server, "cam").open();
    await viewer.received(1);
    // It acknowledges one picture in the time in which two are sent.
    let read = 0;
    const reading = setInterval(() => {
      const unit = viewer.units[read];
      if (!unit) return;
      read++;
      viewer.say({ type: "ack", epoch: unit.unit.epoch, group: unit.group, object: unit.object });
    }, 20);
    for (let round = 0; round < 5; round++) await publishUnits(ws, units, 10);
    clearInterval(reading);
    const dropped = viewer.messages.filter((message) => message.type === "dropped");
    expect(dropped.length).toBeGreaterThan(0);
    expect(dropped.every(({ next }) => next.object === 0)).toBe(true);
    const received = viewer.units;
    for (const [index, { group, object }] of received.entries()) {
      const before = received[index - 1];
      if (object > 0) expect(before).toMatchObject({ group, object: object - 1 });
    }
    expect(received.length).toBeLessThan(290);
    expect(received.at(-1)!.group).toBeGreaterThan(20);
  });

  it("that acknowledges is sent no more than it keeps up with", async () => {
    const server = await serve({ bounds: { maxUnackedMs: 200, maxWaitingMs: 200 } });
    const units = await clipUnits("size=320x240&gop=10&frames=60&bitrate=400K");
    const { ws } = await publisher(server);
    ws.send(units[0]!);
    ws.send(units[1]!);
    const viewer = await new Viewer(server, "cam").open();
    const [first] = await viewer.received(1);
    viewer.say({ type: "ack", epoch: 0, group: first!.group, object: first!.object });
    await sleep(50);
    await publishUnits(ws, units.slice(2), 20);
    const held = viewer.binaries.length;
    expect(held).toBeLessThan(30);
    const last = viewer.units.at(-1)!;
    viewer.say({ type: "ack", epoch: 0, group: last.group, object: last.object });
    await publishUnits(ws, units, 5);
    const dropped = await viewer.told("dropped");
    expect(dropped.next.object).toBe(0);
    const next = viewer.units[held]!;
    expect(next).toMatchObject({ group: dropped.next.group, object: 0 });
  });
});
