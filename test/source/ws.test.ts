import { once } from "node:events";
import { get } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startSource } from "./kit/open-sources.js";
import { pattern } from "./kit/recording-sink.js";

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

async function sender(port: number, path = "/camera"): Promise<WebSocket> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
  await once(ws, "open");
  return ws;
}

async function serve(onConnection: (ws: WebSocket, url: string) => void, port = 0): Promise<number> {
  const server = new WebSocketServer({ port, host: "127.0.0.1" });
  servers.push(server);
  server.on("connection", (ws, request) => onConnection(ws, request.url ?? ""));
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

/** The answer to an attempt to open a WebSocket that was refused over HTTP. */
async function refusal(port: number, path: string): Promise<{ status: number | undefined; text: string }> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  const [, response] = await once(ws, "unexpected-response");
  let text = "";
  for await (const part of response) text += part;
  return { status: response.statusCode, text };
}

describe("ws with ?listen", () => {
  it("delivers each message as one chunk, unchanged", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/camera?listen");
    const ws = await sender(await sink.port());
    const messages = [1, 100, 70_000, 3_000_000].map((length) => pattern(length));
    for (const message of messages) ws.send(message);
    await sink.until(() => sink.sessions[0]?.chunks.length === messages.length);
    expect(sink.sessions[0]?.chunks.map(({ data }) => Buffer.from(data).equals(messages.shift()!))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(sink.sessions[0]?.chunks[0]?.framing).toBe("message");
    ws.close();
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.sessions[0]?.reason).toBeUndefined();
  });

  it("continues to listen after a sender disconnects or is killed", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/?listen");
    const port = await sink.port();
    const first = await sender(port, "/");
    first.send(Buffer.from("one"));
    await sink.bytesOf(0, 3);
    first.terminate();
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.sessions[0]?.reason).toMatchObject({
      code: "NALIVE_CONNECTION_LOST",
      message: expect.stringContaining("without a closing handshake"),
    });
    (await sender(port, "/")).send(Buffer.from("two"));
    expect((await sink.bytesOf(1, 3)).toString()).toBe("two");
  });

  it("answers a wrong path with 404 and the right one", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/camera?listen");
    const answer = await refusal(await sink.port(), "/wrong");
    expect(answer).toEqual({
      status: 404,
      text: "Nothing is at /wrong: this receiver takes its stream at /camera\n",
    });
    expect((await sink.stateOf("refused")).why).toContain("/wrong");
    expect(sink.sessions).toEqual([]);
  });

  it("answers a browser that asks for a page", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/camera?listen");
    const port = await sink.port();
    const [response] = await once(get(`http://127.0.0.1:${port}/camera`), "response");
    expect(response.statusCode).toBe(426);
    response.resume();
  });

  it("refuses a second sender with 503 and the reason", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/camera?listen");
    const port = await sink.port();
    await sender(port);
    await sink.until(() => sink.sessions.length === 1);
    const { status, text } = await refusal(port, "/camera");
    expect(status).toBe(503);
    expect(text).toContain("another sender");
    await sink.stateOf("refused");
  });

  it("ignores text and reports it, but not for every message", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/?listen");
    const ws = await sender(await sink.port(), "/");
    for (let n = 0; n < 20; n++) ws.send("hello");
    ws.send(Buffer.from("bytes"));
    expect((await sink.bytesOf(0, 5)).toString()).toBe("bytes");
    const notices = sink.states.flatMap((event) => (event.type === "notice" ? [event.message] : []));
    expect(notices).toHaveLength(2);
    expect(notices[1]).toContain("(10 so far)");
  });

  it("ends the session at a message that is too long", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/?listen", { maxMessageBytes: 1000 });
    const ws = await sender(await sink.port(), "/");
    ws.on("error", () => {});
    ws.send(Buffer.alloc(1001));
    await sink.until(() => sink.sessions[0]?.ended);
    expect(sink.sessions[0]?.reason).toMatchObject({
      code: "NALIVE_MESSAGE_TOO_LONG",
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ sent a message of more than 1000 bytes/),
    });
  });

  it("names the port that is in use", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/?listen");
    const second = startSource(`ws://127.0.0.1:${await sink.port()}/?listen`);
    expect(await second.sink.closeReason()).toMatchObject({ code: "NALIVE_PORT_IN_USE" });
  });

  it("stops although a silent client is connected", async () => {
    const { source, sink } = startSource("ws://127.0.0.1:0/?listen");
    const silent = connect(await sink.port(), "127.0.0.1");
    silent.on("error", () => {});
    await once(silent, "connect");
    await source.stop();
    expect(sink.closed).toEqual({ reason: undefined });
  });

  it("without reconnect ends when the first sender disconnects", async () => {
    const { sink } = startSource("ws://127.0.0.1:0/?listen", { reconnect: false });
    const ws = await sender(await sink.port(), "/");
    ws.send(Buffer.from("x"));
    ws.close();
    expect(await sink.closeReason()).toBeUndefined();
    expect(sink.bytes().toString()).toBe("x");
  });
});

describe("ws", () => {
  it("connects with the server's query, and connects again when the server comes back", async () => {
    const urls: string[] = [];
    const port = await serve((ws, url) => {
      urls.push(url);
      ws.send(Buffer.from("one"));
    });
    const { source, sink } = startSource(`ws://127.0.0.1:${port}/camera?token=secret`);
    expect(source.name).toBe(`ws://127.0.0.1:${port}/camera?…`);
    await sink.bytesOf(0, 3);
    expect(urls).toEqual(["/camera?token=secret"]);
    const server = servers.pop()!;
    for (const client of server.clients) client.terminate();
    server.close();
    await sink.until(() => sink.sessions[0]?.ended);
    await serve((ws) => ws.send(Buffer.from("two")), port);
    expect((await sink.bytesOf(1, 3)).toString()).toBe("two");
  });

  it("reports why a connection is refused", async () => {
    const { sink: server } = startSource("ws://127.0.0.1:0/camera?listen");
    const port = await server.port();
    const { sink } = startSource(`ws://127.0.0.1:${port}/other`, { reconnect: false });
    const reason = await sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_CONNECT_FAILED" });
    expect(reason?.message).toContain("404");
  });

  it("reports that nothing listens", async () => {
    const { sink } = startSource("ws://127.0.0.1:1/", { reconnect: false });
    expect(await sink.closeReason()).toMatchObject({
      code: "NALIVE_CONNECT_FAILED",
      message: "Nothing listens on ws://127.0.0.1:1/ (connection refused)",
    });
  });

  it("stops while it connects", async () => {
    const { source, sink } = startSource("ws://127.0.0.1:1/");
    await source.stop();
    expect(sink.closed).toEqual({ reason: undefined });
  });
});
