import { expect, it, vi } from "vitest";
import { Peer, serve, wsUrl } from "./serve-kit.js";

const path = "/streams/cam/live.mjpeg";

it("a WebSocket at live.mjpeg gets hello, then one JPEG per message", async () => {
  const server = await serve({ sources: { cam: "test:?size=320x180" } });
  const viewer = await new Peer(wsUrl(server, path)).open();
  await vi.waitFor(() => expect(viewer.binaries.length).toBeGreaterThan(2), 10_000);
  expect(JSON.parse(viewer.texts[0]!)).toMatchObject({ type: "hello", stream: "cam" });
  for (const jpeg of viewer.binaries) {
    expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    expect([...jpeg.subarray(-2)]).toEqual([0xff, 0xd9]);
  }
});

it("a WebSocket at live.mjpeg needs the token, and is told when there is no such stream", async () => {
  const server = await serve({ view: { token: "see-it-all" } });
  for (const [query, expected] of [
    ["", "A viewing token is needed"],
    ["?token=see-it-all", "No such stream"],
  ] as const) {
    const viewer = await new Peer(wsUrl(server, path + query)).open();
    await vi.waitFor(() => expect(viewer.closed).toBeDefined(), 5000);
    expect(JSON.parse(viewer.texts[0]!)).toMatchObject({ type: "bye" });
    expect(viewer.texts[0]).toContain(expected);
  }
});
