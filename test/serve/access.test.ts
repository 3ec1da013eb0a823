import { spawn } from "node:child_process";
import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { get, Peer, published, publishUnits, sleep, temporary, Viewer, wsUrl } from "./serve-kit.js";

const cli = new URL("../../dist/cli/main.js", import.meta.url).pathname;

/** The HTTP status that refuses a WebSocket handshake. */
async function refusal(url: string, options: Record<string, unknown>): Promise<number | undefined> {
  const { ws } = new Peer(url, options);
  const [, response] = await once(ws, "unexpected-response");
  return response.statusCode;
}

describe("tokens", () => {
  const tokens = { publish: { token: "publish-secret" }, view: { token: "view-secret" } };

  it("admit only a client that sends the right one, by header or query", async () => {
    const { server, ws, units } = await published(tokens, "?token=publish-secret");
    await publishUnits(ws, units.slice(0, 5));
    const cases: [string, Record<string, unknown>, number | "in"][] = [
      ["", {}, 4401],
      ["?token=publish-secre", {}, 4401],
      ["?token=view-secret", {}, "in"],
      ["?token=publish-secret", {}, "in"],
      ["", { headers: { Authorization: "Bearer view-secret" } }, "in"],
      ["", { headers: { Authorization: "Bearer wrong" } }, 4401],
    ];
    for (const [query, options, expected] of cases) {
      const viewer = new Viewer(server, "cam", query, options);
      await viewer.until(() => viewer.closed ?? viewer.binaries.length > 0);
      expect(viewer.closed?.code ?? "in").toBe(expected);
    }
    const publisher = new Peer(wsUrl(server, "/publish/other?token=view-secret"));
    await publisher.until(() => publisher.closed);
    expect(publisher.closed?.code).toBe(4401);
    for (const path of [
      "/api/streams",
      "/api/streams/cam",
      "/metrics",
      "/api/recordings",
      "/streams/cam/live.mp4",
    ]) {
      expect((await get(server, path)).status, path).toBe(401);
      if (path.endsWith("mp4")) continue;
      expect(
        (await get(server, path, { headers: { Authorization: "Bearer view-secret" } })).status,
        path,
      ).toBe(200);
    }
    const record = (token: string) =>
      get(server, "/api/streams/cam/recording", {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
      });
    expect((await record("view-secret")).status).toBe(401);
    expect((await record("publish-secret")).status).toBe(201);
    expect((await get(server, "/publish/other", { method: "POST", body: "x" })).status).toBe(401);
    expect((await get(server, "/healthz")).status).toBe(200);
  });

  it("never appear in the logs", async () => {
    const secrets = ["publish-secret", "view-secret", "wrong-secret"];
    const args = ["serve", "--port", "0", "--log", "debug", "--recordings", temporary("log-recordings")];
    const child = spawn(process.execPath, [cli, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NALIVE_PUBLISH_TOKEN: secrets[0], NALIVE_VIEW_TOKEN: secrets[1] },
    });
    let logs = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (logs += bytes));
    while (!/serving at (\S+)/.test(logs)) await sleep(20);
    const url = /serving at (\S+)/.exec(logs)![1]!;
    const ws = url.replace("http", "ws");
    await new Peer(`${ws}/publish/cam?token=publish-secret`).open();
    const wrong = new Peer(`${ws}/streams/cam/ws?token=wrong-secret`);
    await wrong.until(() => wrong.closed);
    await fetch(`${url}/publish/other?token=wrong-secret`, { method: "POST", body: "x" });
    for (const path of [
      "/api/streams?token=view-secret",
      "/nothing?x=1&token=view-secret",
      "/watch/cam?token=view-secret",
      "/healthz?t%6fken=view-secret",
    ]) {
      await fetch(url + path);
    }
    child.kill("SIGTERM");
    await once(child, "close");
    const entries = logs.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
    expect(entries).toContainEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      stream: "cam",
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      msg: expect.stringContaining("publishes cam"),
    });
    for (const stream of ["cam", "other"]) {
      const refused = expect.objectContaining({ level: "warn", stream, code: "NALIVE_NOT_ALLOWED" });
      expect(entries).toContainEqual(refused);
    }
    expect(logs).toContain('"url":"/api/streams"');
    for (const secret of secrets) expect(logs).not.toContain(secret);
  });
});

describe("origins", () => {
  it("other than the server's may not open WebSockets or change anything unless allowed", async () => {
    const { server } = await published({ allowedOrigins: ["https://friend.example"] });
    const url = wsUrl(server, "/streams/cam/ws");
    expect(await refusal(url, { origin: "https://evil.example" })).toBe(403);
    expect(await refusal(wsUrl(server, "/publish/x"), { origin: "null" })).toBe(403);
    await new Peer(url, { origin: "https://friend.example" }).open();
    await new Peer(url, { origin: server.url }).open();
    const post = (origin: string) =>
      get(server, "/api/streams/cam/recording", { method: "POST", headers: { Origin: origin } });
    expect((await post("https://evil.example")).status).toBe(401);
    expect((await post("https://friend.example")).status).toBe(201);
    const { headers } = await get(server, "/api/streams", { headers: { Origin: "https://friend.example" } });
    expect(headers.get("access-control-allow-origin")).toBe("https://friend.example");
    const preflight = await get(server, "/api/streams/cam/recording", {
      method: "OPTIONS",
      headers: { Origin: "https://friend.example" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("Authorization");
    const other = await get(server, "/api/streams", { headers: { Origin: "https://evil.example" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("names of the server", () => {
  it("are checked, so that no page reaches the server by pointing its own name at it", async () => {
    const { server } = await published({ allowedHosts: ["cam.example"] });
    const { port } = new URL(server.url);
    const ask = async (host: string, path: string) => {
      const [response] = await once(httpGet(server.url + path, { headers: { Host: host } }), "response");
      const text = (await (response as IncomingMessage).toArray()).join("");
      return { status: response.statusCode as number, text };
    };
    for (const path of ["/", "/api/streams", "/streams/cam/snapshot.jpg", "/healthz", "/nothing"]) {
      const { status, text } = await ask(`evil.example:${port}`, path);
      expect(status).toBe(421);
      expect(JSON.parse(text)).toMatchObject({ code: "NALIVE_HOST_NOT_ALLOWED" });
    }
    for (const host of [`localhost:${port}`, "cam.example", `127.0.0.1:${port}`])
      expect((await ask(host, "/api/streams")).status).toBe(200);
    const url = wsUrl(server, "/streams/cam/ws");
    const evil = { headers: { Host: `evil.example:${port}` }, origin: `http://evil.example:${port}` };
    expect(await refusal(url, evil)).toBe(421);
    await new Peer(url, { headers: { Host: "cam.example" }, origin: "http://cam.example" }).open();
  });
});
