import { describe, expect, it } from "vitest";
import type { RunningServer } from "../../dist/node/serve/server.js";
import { AnswerCheck, type Description, documentFaults } from "./open-api-kit.js";
import { clipUnits, get, Peer, serve, sleep, Viewer, wsUrl } from "./serve-kit.js";

const descriptionOf = async (server: RunningServer): Promise<Description> =>
  JSON.parse((await get(server, "/api/openapi.json")).text);

describe("the description of the API", () => {
  it("is a well-formed OpenAPI 3.1 document", async () => {
    const description = await descriptionOf(await serve());
    expect(documentFaults(description)).toEqual([]);
    expect(documentFaults({ ...description, paths: { nowhere: {} } })).not.toEqual([]);
    const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.map(({ name }) => name)).toEqual(inPath);
    }
    const references = JSON.stringify(description).match(/#\/components\/schemas\/\w+/g) ?? [];
    const named = Object.keys(description.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...new Set(references)].sort()).toEqual(named.sort());
  });

  it("describes the answer of each path, and each path that it describes exists", async () => {
    const server = await serve({ publish: { waitMs: 500 } });
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    const units = await clipUnits();
    ws.send(units[0]!);
    const viewer = await new Viewer(server, "cam").open();
    viewer.say({ type: "report", tier: "mse", why: "plain http", shown: 1, skipped: 0, heldBack: 0 });
    let next = 1;
    const timer = setInterval(() => ws.send(units[next++ % units.length]!), 10);

    const description = await descriptionOf(server);
    const { paths } = description;
    const check = new AnswerCheck(description);
    const asked = new Set<string>();
    const ask = async (
      method: string,
      path: string,
      real: string,
      status: number,
      init: RequestInit = {},
    ) => {
      const end = new AbortController();
      const response = await fetch(server.url + real, { method, signal: end.signal, ...init });
      const what = `${method} ${real}`;
      expect(response.status, what).toBe(status);
      asked.add(`${method} ${path}`);
      const { responses } = paths[path]![method.toLowerCase()]!;
      const described = responses[status] ?? (status >= 400 ? responses.default : undefined);
      expect(described, `${what}: ${status}`).toBeDefined();
      const [type] = (response.headers.get("content-type") ?? "").split(";");
      const content = described!.content ?? {};
      expect(Object.keys(content), what).toEqual(type ? [type] : []);
      const schema = content[type!]?.schema;
      if (!schema) {
        end.abort();
        return undefined;
      }
      const answer: unknown = await response.json();
      expect(check.faults(answer, schema), what).toEqual([]);
      return answer;
    };

    await sleep(1200);
    for (const path of ["/healthz", "/metrics", "/api/access", "/api/openapi.json", "/api/streams"])
      await ask("GET", path, path, 200);
    const stream = "/api/streams/{name}";
    await ask("GET", stream, "/api/streams/nobody", 404);
    const recording = `${stream}/recording`;
    await ask("POST", recording, "/api/streams/cam/recording", 201);
    await sleep(800);
    expect(await ask("GET", recording, "/api/streams/cam/recording", 200)).toMatchObject({
      isRecording: true,
    });
    expect(await ask("GET", stream, "/api/streams/cam", 200)).toMatchObject({
      viewerSessions: [{ report: {} }],
    });
    await ask("GET", "/api/recordings", "/api/recordings", 200);
    const stopped = await ask("DELETE", recording, "/api/streams/cam/recording", 200);
    const file = "/api/recordings/{file}";
    const real = `/api/recordings/${(stopped as { files: string[] }).files[0]}`;
    await ask("GET", file, real, 200);
    await ask("GET", file, real, 206, { headers: { Range: "bytes=0-99" } });
    await ask("GET", file, real, 416, { headers: { Range: "bytes=999999999-" } });
    await ask("DELETE", file, real, 204);
    await ask("DELETE", file, real, 404);
    for (const end of ["live.h264", "live.mp4", "live.mjpeg", "snapshot.jpg", "snapshot.png"]) {
      await ask("GET", `/streams/{name}/${end}`, `/streams/cam/${end}`, 200);
      const head = await fetch(`${server.url}/streams/cam/${end}`, { method: "HEAD" });
      expect([head.status, head.headers.get("content-type")?.split(";")[0]]).toEqual([
        200,
        Object.keys(paths[`/streams/{name}/${end}`]!.get!.responses["200"]!.content!)[0],
      ]);
    }
    expect((await fetch(`${server.url}/streams/nobody/live.mp4`, { method: "HEAD" })).status).toBe(404);
    await ask("POST", "/api/test-camera", "/api/test-camera", 201);
    await ask("DELETE", "/api/test-camera", "/api/test-camera", 204);
    const body = Buffer.concat(units.slice(0, 5));
    for (const method of ["POST", "PUT"]) {
      await ask(method, "/publish/{name}", `/publish/by-${method}`, 200, { body });
      await ask(method, "/publish/{name}", "/publish/cam", 409, { body });
    }
    await ask("DELETE", stream, "/api/streams/by-PUT", 204);
    await ask("DELETE", stream, "/api/streams/by-PUT", 404);
    await ask("DELETE", stream, "/api/streams/cam", 409);
    clearInterval(timer);

    const all = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...asked].sort()).toEqual(all.sort());
  }, 30_000);

  it("describes the answers to malformed addresses, too", async () => {
    const server = await serve();
    const check = new AnswerCheck(await descriptionOf(server));
    for (const [path, status] of [
      ["/api/streams/%zz", 400],
      [`/api/streams/${"x".repeat(300)}`, 414],
      ["/nothing", 404],
    ] as const) {
      const answer = await get(server, path);
      expect(answer.status).toBe(status);
      expect(check.faults(JSON.parse(answer.text), "Error")).toEqual([]);
    }
  });

  it("covers what the router refuses; such an answer never repeats the token", async () => {
    const server = await serve();
    for (const path of ["/streams/%zz/live.h264", `/streams/${"a".repeat(300)}/live.h264`]) {
      const { status, text } = await get(server, `${path}?token=top-secret`);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(JSON.parse(text)).toEqual({ code: "NALIVE_INVALID_ARGUMENT", message: expect.any(String) });
      expect(text).not.toContain("top-secret");
      expect(text.length).toBeLessThan(300);
    }
  });
});
