import { connect } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { RunningServer } from "../../dist/node/serve/index.js";
import { launchChromium, noChromium } from "../browser/chromium.js";
import { camera, openPage } from "../dashboard/dashboard-kit.js";
import { clipUnits, Peer, publishUnits, serve, sleep, wsUrl } from "./serve-kit.js";

/** The answer to a request that is written out. */
async function ask(server: RunningServer, head: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(`${head}\r\nHost: localhost\r\n\r\n`);
  let answer = "";
  socket.on("data", (bytes: Buffer) => (answer += bytes));
  await new Promise((resolve) => socket.on("close", resolve));
  return answer;
}

describe("a request that offers another protocol", () => {
  const upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk";

  it("is answered as if it did not", async () => {
    const server = await serve();
    const answer = await ask(server, `GET /healthz HTTP/1.1\r\n${upgrade}`);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(answer).toContain('"streams":0');
    expect(await ask(server, `GET /nowhere HTTP/1.1\r\n${upgrade}`)).toMatch(/^HTTP\/1.1 404/);
  });

  it("is refused with a body, which Node leaves unread", async () => {
    const server = await serve();
    const answer = await ask(server, `POST /publish/cam HTTP/1.1\r\n${upgrade}\r\nContent-Length: 0`);
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect(answer).toContain("send the request without Upgrade");
  });
});

describe("a WebSocket", () => {
  it("whose text is no UTF-8 is closed with 1007 (RFC 6455, 8.1)", async () => {
    const server = await serve();
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(ws, (await clipUnits()).slice(0, 3));
    await sleep(100);
    for (const path of ["/publish/other", "/streams/cam/ws"]) {
      const peer = await new Peer(wsUrl(server, path)).open();
      peer.ws.send(Buffer.from([0xc3, 0x28]), { binary: false });
      await peer.until(() => peer.closed);
      expect(peer.closed!.code, path).toBe(1007);
    }
  });

  it("has a path of its own, as every address has", async () => {
    const server = await serve();
    const key =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==";
    for (const path of ["/x/../publish/cam", "//publish/cam", "/x/%2e%2e/publish/cam"])
      expect(await ask(server, `GET ${path} HTTP/1.1\r\n${key}`), path).toMatch(/^HTTP\/1.1 404/);
  });
});

describe("the headers of answers", () => {
  it("keep them from being taken for another type, run, embedded or framed elsewhere", async () => {
    const server = await serve();
    const { ws } = await new Peer(wsUrl(server, "/publish/cam")).open();
    await publishUnits(ws, (await clipUnits()).slice(0, 3));
    await sleep(100);
    const headers = async (path: string) => {
      const abort = new AbortController();
      const response = await fetch(server.url + path, { signal: abort.signal });
      abort.abort();
      return response.headers;
    };
    for (const [path, embeddable] of [
      ["/", false],
      ["/api/streams", false],
      ["/watch/cam", false],
      ["/nowhere", false],
      ["/player.js", true],
      ["/streams/cam/live.h264", true],
      ["/streams/cam/live.mjpeg", true],
      ["/streams/cam/snapshot.jpg", true],
    ] as const) {
      const found = await headers(path);
      expect(found.get("x-content-type-options"), path).toBe("nosniff");
      const policy = embeddable ? "cross-origin" : "same-origin";
      expect(found.get("cross-origin-resource-policy"), path).toBe(policy);
    }
    expect((await headers("/")).get("content-security-policy")).toMatch(/frame-ancestors 'self'$/);
    expect((await headers("/watch/cam")).get("content-security-policy")).toMatch(/frame-ancestors \*$/);
  });

  it("let allowed origins frame and embed the pages", async () => {
    const server = await serve({ allowedOrigins: ["https://cams.example", "file://"] });
    const { headers } = await fetch(`${server.url}/`);
    expect(headers.get("content-security-policy")).toMatch(/frame-ancestors 'self' https:\/\/cams\.example$/);
    expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  });
});

describe.skipIf(noChromium)("the server's own pages, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it("need nothing that their policy forbids", async () => {
    const open = await serve({ sources: { cam: camera } });
    const closed = await serve({ view: { token: "view-secret-1234" } });
    const forbidden: string[] = [];
    const addresses = ["/", "/streams/cam", "/recordings", "/watch/cam", "/nowhere"].map(
      (path) => open.url + path,
    );
    for (const address of [...addresses, `${closed.url}/watch/cam`]) {
      const page = await openPage(browser, address, {
        before: async (opened) => {
          opened.on("console", (message) => {
            const text = message.text();
            if (/Content Security Policy/i.test(text)) forbidden.push(`${address}: ${text}`);
          });
        },
      });
      if (address === `${open.url}/watch/cam`) {
        const state = () => page.evaluate('document.querySelector("nalive-player").state.type');
        await vi.waitFor(async () => expect(await state()).toBe("live"), 15_000);
      }
      await page.waitForTimeout(1000);
      await page.close();
    }
    expect(forbidden).toEqual([]);
  }, 60_000);
});
