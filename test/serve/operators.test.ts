import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { get as httpsGet } from "node:https";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import {
  clipUnits,
  get,
  Peer,
  published,
  publishUnits,
  run,
  serve,
  sleep,
  temporary,
  Viewer,
  wsUrl,
} from "./serve-kit.js";

const cli = new URL("../../dist/cli/main.js", import.meta.url).pathname;

/**
 * The faults of a text for Prometheus:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
function textFaults(text: string): string[] {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  const faults: string[] = [];
  for (const line of text.split("\n").filter(Boolean)) {
    const [, family, type] = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (family) types.set(family, type!);
    if (line.startsWith("#")) continue;
    const [, name, labels = "", value] =
      /^([a-z_]+)(?:\{((?:[a-z]+="[^"\\]*",?)*)\})? (\S+)$/.exec(line) ?? [];
    const key = `${name}{${labels}}`;
    const base = name?.replace(/_(bucket|sum|count)$/, "") ?? "";
    const isTyped = types.has(name ?? "") || types.get(base) === "histogram";
    const isNamed = types.get(name ?? "") !== "counter" || name!.endsWith("_total");
    if (!name || !isTyped || !isNamed || samples.has(key) || !Number.isFinite(Number(value)))
      faults.push(line);
    samples.set(key, Number(value));
  }
  for (const [key, value] of samples) {
    if (!key.includes('le="+Inf"')) continue;
    const count = key.replace("_bucket{", "_count{").replace(',le="+Inf"', "");
    if (samples.get(count) !== value) faults.push(`${count} is not ${value}`);
  }
  return faults;
}

describe("the API", () => {
  it("describes every stream", async () => {
    const { server, ws, units } = await published();
    await new Viewer(server, "cam").open();
    await publishUnits(ws, units, 10);
    await sleep(700);
    const { streams } = JSON.parse((await get(server, "/api/streams")).text);
    expect(streams).toEqual([
      expect.objectContaining({ name: "cam", state: "live", viewers: 1, isRecording: false }),
    ]);
    const stream = JSON.parse((await get(server, "/api/streams/cam")).text);
    expect(stream).toMatchObject({
      publisher: { via: "websocket", peer: expect.stringMatching(/^127\.0\.0\.1:/) },
      config: { width: 320, height: 240 },
      isDecoding: false,
      delayMs: { complete: { p50: expect.any(Number) }, relay: { p50: expect.any(Number) } },
      recentPictures: expect.arrayContaining([expect.objectContaining({ type: "I" })]),
    });
    expect(stream.bitsPerSecond).toBeGreaterThan(10_000);
  });

  it("gives Prometheus well-formed figures", async () => {
    const { server, ws, units } = await published();
    await publishUnits(ws, units.slice(0, 31));
    await sleep(150);
    const { text } = await get(server, "/metrics");
    expect(text).toMatch(/^nalive_pictures_total\{stream="cam"\} 3[01]$/m);
    expect(text).toMatch(/^nalive_delay_seconds_count\{stream="cam",stage="relay"\} 3[01]$/m);
    expect(text).toMatch(/^nalive_live\{stream="cam"\} 1$/m);
    expect(text).toMatch(/^nalive_resident_bytes \d{8,}$/m);
    expect(textFaults(text)).toEqual([]);
    expect(text).toMatch(/^nalive_active_resources\{kind="TCPSocketWrap"\} [1-9]/m);
  });
});

describe("pages", () => {
  it("are the list and the player alone; names in addresses are escaped", async () => {
    const { server } = await published();
    expect((await get(server, "/watch/cam")).text).toContain('<nalive-player src="../streams/cam/ws">');
    const { text, status } = await get(server, "/watch/%3Cscript%3E?token=a%22b");
    expect(status).toBe(200);
    expect(text).not.toContain("<script>");
    expect((await get(server, "/")).status).toBe(200);
    for (const path of ["/nothing", "/api"]) {
      const { status, text } = await get(server, path);
      expect([status, JSON.parse(text).code]).toEqual([404, "NALIVE_NO_SUCH_ADDRESS"]);
    }
  });
});

describe("a server", () => {
  it("that stops tells viewers and publishers, and frees its port", async () => {
    const { server, peer } = await published();
    const viewer = await new Viewer(server, "cam").open();
    await server.stop();
    for (const each of [viewer, peer]) {
      await each.until(() => each.closed);
      expect(each.closed).toMatchObject({
        code: 1001,
        reason: expect.stringContaining("NALIVE_SERVER_STOPPING"),
      });
    }
    const again = await serve({ port: Number(new URL(server.url).port) });
    expect(again.url).toBe(server.url);
  });

  it("stops although a client is connected and silent", async () => {
    const server = await serve({ tls: "self-signed" });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => undefined);
    await once(socket, "connect");
    await sleep(50);
    const asked = performance.now();
    await server.stop();
    expect(performance.now() - asked).toBeLessThan(4000);
  });

  it("reports that its port is in use", async () => {
    const server = await serve();
    await expect(serve({ port: Number(new URL(server.url).port) })).rejects.toMatchObject({
      code: "NALIVE_PORT_IN_USE",
    });
  });

  it("serves https and secure WebSockets with a certificate that it makes", async () => {
    const server = await serve({ tls: "self-signed" });
    expect(server.url).toMatch(/^https:/);
    const [response] = await once(
      httpsGet(`${server.url}/healthz`, { rejectUnauthorized: false }),
      "response",
    );
    expect(response.statusCode).toBe(200);
    const certificate = (response.socket as TLSSocket).getPeerCertificate();
    expect(certificate.subjectaltname).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    response.resume();
    const url = server.url.replace("https", "wss");
    const { ws } = await new Peer(`${url}/publish/cam`, { rejectUnauthorized: false }).open();
    ws.send((await clipUnits())[0]!);
    await new Peer(`${url}/streams/cam/ws`, { rejectUnauthorized: false }).open();
  });

  it("reports what is wrong with a certificate", async () => {
    const path = temporary("not.pem");
    writeFileSync(path, "nonsense");
    await expect(serve({ tls: { cert: path, key: path } })).rejects.toMatchObject({
      code: "NALIVE_INVALID_CONFIG",
    });
    for (const cert of [`${path}.none`, temporary("")]) {
      await expect(serve({ tls: { cert, key: path } })).rejects.toMatchObject({
        code: "NALIVE_NO_SUCH_FILE",
        message: expect.stringContaining(`Cannot read ${cert}: `),
      });
    }
  });

  it("fetches its sources, and refuses other publishers of their names", async () => {
    const server = await serve({ sources: { door: "test:?size=320x240&fps=30&gop=15" } });
    const viewer = await new Viewer(server, "door").open();
    await viewer.received(20);
    const other = new Peer(wsUrl(server, "/publish/door"));
    await other.until(() => other.closed);
    expect(other.closed?.code).toBe(4409);
  });
});

describe("nalive serve", () => {
  it("--check names line and field of each fault", async () => {
    mkdirSync(temporary("config"), { recursive: true });
    const path = temporary("config/nalive.yaml");
    writeFileSync(path, "port: 1\nbounds:\n  maxViewers: many\n");
    const bad = await run(process.execPath, [cli, "serve", "--config", path, "--check"]).done;
    expect(bad.code).toBe(1);
    expect(bad.errors).toContain(`${path}:3: bounds.maxViewers: `);
    expect(bad.errors).toContain("[NALIVE_INVALID_CONFIG]");
    writeFileSync(path, "port: 1\nsources:\n  cam: tcp://127.0.0.1:5000\n");
    const good = await run(process.execPath, [
      cli,
      "serve",
      "--config",
      path,
      "--check",
      "--bound",
      "maxViewers=3",
    ]).done;
    expect(good).toMatchObject({ code: 0, errors: `nalive: ${path} is valid: 1 source\n` });
  });

  it("--check covers source addresses, certificates and bounds", async () => {
    const check = async (...args: string[]) =>
      (await run(process.execPath, [cli, "serve", "--check", ...args]).done).errors;
    expect(await check("--source", "cam=tcp:5000")).toContain("--source cam: tcp:5000: expected //");
    expect(await check("--tls", "none.pem,none.pem")).toContain("Cannot read none.pem");
    expect(await check("--bound", "maxViewers=many")).toContain(
      '--bound maxViewers: Expected a number, got "many"',
    );
  });

  it("refuses a name that is given twice", async () => {
    const twice = ["--source", "cam=test:", "--source", "cam=tcp://a:1"];
    const { code, errors } = await run(process.execPath, [cli, "serve", "--check", ...twice]).done;
    expect(code).toBe(1);
    expect(errors).toContain("cam stands here a second time");
  });

  it("warns what everybody may do if it listens on the network without tokens", async () => {
    const says = async (...args: string[]) => {
      const { child, done } = run(process.execPath, [cli, "serve", "--port", "0", ...args]);
      let said = "";
      child.stderr?.on("data", (bytes: Buffer) => (said += bytes));
      while (!said.includes("/publish/NAME\n")) await sleep(20);
      await sleep(100);
      child.kill("SIGTERM");
      expect((await done).code).toBe(0);
      return said;
    };
    expect(await says()).not.toContain("anybody");
    expect(await says("--host", "0.0.0.0")).toContain(
      "anybody who reaches it may watch, publish and record: set --view-token and --publish-token ",
    );
    expect(await says("--host", "0.0.0.0", "--view-token", "view-secret")).toContain(
      "may publish and record: set --publish-token ",
    );
    const tokens = ["--view-token", "view-secret", "--publish-token", "publish-secret"];
    expect(await says("--host", "0.0.0.0", ...tokens)).not.toContain("anybody");
  }, 30_000);

  it("ends at once at a second signal, even a different one", async () => {
    const module = new URL("../../dist/cli/server-process.js", import.meta.url).href;
    const script = `
      import { untilStopped } from "${module}";
      setInterval(() => undefined, 1000);
      void untilStopped({ stop: () => new Promise(() => process.stdout.write("stopping")) });
      process.stdout.write("ready");`;
    const { child } = run(process.execPath, ["--input-type=module", "-e", script]);
    await once(child.stdout!, "data");
    child.kill("SIGTERM");
    await once(child.stdout!, "data");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([null, "SIGINT"]);
  });
});

describe("the test camera", () => {
  const ask = (server: { url: string }, method: string, token = "publish-secret") =>
    fetch(`${server.url}/api/test-camera?token=${token}`, { method });

  it("starts and stops at requests that may publish, and runs once at most", async () => {
    const server = await serve({ publish: { token: "publish-secret" } });
    expect((await ask(server, "POST", "wrong-secret")).status).toBe(401);
    expect(await (await ask(server, "POST")).json()).toEqual({ stream: "test-camera" });
    expect((await ask(server, "POST")).status).toBe(201);
    const viewer = new Viewer(server, "test-camera");
    const [unit] = await viewer.received(1);
    expect(unit?.unit.format.width).toBe(1280);
    expect((await ask(server, "DELETE")).status).toBe(204);
    expect((await viewer.told("gone")).reason).toBe("The test camera was stopped");
    expect((await ask(server, "DELETE")).status).toBe(204);
  });

  it("is refused like any publisher if its name is in use", async () => {
    const server = await serve();
    await new Peer(wsUrl(server, "/publish/test-camera")).open();
    const refused = await ask(server, "POST");
    expect([refused.status, (await refused.json()).code]).toEqual([409, "NALIVE_NAME_IN_USE"]);
  });
});
