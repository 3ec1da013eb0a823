import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { launchChromium, noChromium, seenPictures, watchPictures } from "../browser/chromium.js";
import { missing, why } from "../cli/run-cli.js";
import { camera, width } from "../dashboard/dashboard-kit.js";
import { caddy, nginx } from "./proxy-kit.js";
import { get, run, serve } from "./serve-kit.js";

const noNginx = noChromium ?? missing("nginx");
const noCaddy = noChromium ?? missing("caddy");
/** A name that browsers find on this machine, and that the server answers to. */
const host = "cams.localhost";

describe("behind a real proxy", { timeout: 60_000 }, () => {
  let browser: Browser | undefined;
  const pages: Page[] = [];
  beforeAll(async () => {
    if (!noChromium) browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });
  const open = async (url: string) => {
    const page = await browser!.newPage({ viewport: { width: 1280, height: 800 } });
    pages.push(page);
    page.on("pageerror", (error) => console.error(error));
    await watchPictures(page, width);
    await page.goto(url);
    return page;
  };
  const showsPictures = (page: Page) =>
    vi.waitFor(async () => expect((await seenPictures(page)).length).toBeGreaterThan(3), 20_000);

  /** Walks through the pages: all of them work, and none asks for anything outside of the mount. */
  async function walk(origin: string, mount: string): Promise<void> {
    const page = await open(`${origin}${mount}`);
    const paths: string[] = [];
    const note = (url: string) => url.startsWith("blob:") || paths.push(new URL(url).pathname);
    page.on("request", (request) => note(request.url()));
    page.on("websocket", (socket) => note(socket.url()));
    await page.reload();
    await showsPictures(page);
    await page.click(".tile");
    await page.waitForURL(`${origin}${mount}streams/cam`);
    await page.reload();
    await showsPictures(page);
    await page.waitForSelector(".plot-place canvas");
    expect(await page.textContent(".addresses")).toContain(`${origin}${mount}streams/cam/live.mp4`);
    await page.click("text=Recordings >> nth=0");
    await page.waitForURL(`${origin}${mount}recordings`);
    await page.reload();
    await page.waitForSelector("text=None yet");
    await page.goto(`${origin}${mount}watch/cam`);
    await showsPictures(page);
    await page.goto(`${origin}${mount}no/such/page`);
    await page.click("text=All streams");
    await page.waitForURL(`${origin}${mount}`);
    await page.waitForSelector(".tile");
    expect(paths.filter((path) => !path.startsWith(mount))).toEqual([]);
    expect(paths).toContain(`${mount}streams/cam/ws`);
  }

  it.skipIf(noNginx)(`nginx that leaves the port out of Host, below /cams/${why(noNginx)}`, async () => {
    const server = await serve({ sources: { cam: camera } });
    const { port } = await nginx(server, "/cams/", "proxy_set_header Host $host;");
    await walk(`http://${host}:${port}`, "/cams/");
  });

  it.skipIf(noCaddy)(`Caddy, at its top and below a path${why(noCaddy)}`, async () => {
    const server = await serve({ sources: { cam: camera } });
    for (const mount of ["/", "/a/cams/"]) {
      const { port } = await caddy(server, mount);
      await walk(`http://${host}:${port}`, mount);
    }
  });

  it.skipIf(noNginx)(
    `nginx with a Host of its own: the player names the origin and the setting, which then works${why(noNginx)}`,
    async () => {
      const refusing = await serve({ sources: { cam: camera } });
      const proxy = await nginx(refusing, "/");
      const origin = `http://${host}:${proxy.port}`;
      const page = await open(`${origin}/watch/cam`);
      const said = `Pages of ${origin} may not use this server, which the request calls ${new URL(refusing.url).host}: allow the origin with allowedOrigins (--allow-origin ${origin})`;
      await page.waitForSelector(`nalive-player >> text=${said}`);
      for (const settings of [{ allowedHosts: [host] }, { allowedOrigins: ["*"] }]) {
        const server = await serve({ sources: { cam: camera }, ...settings });
        const { port } = await nginx(server, "/cams/");
        await walk(`http://${host}:${port}`, "/cams/");
      }
    },
  );

  it.skipIf(noNginx)(`nginx that passes on no WebSockets: the player says so${why(noNginx)}`, async () => {
    const server = await serve({ sources: { cam: camera } });
    const { port } = await nginx(server, "/", "proxy_set_header Host $http_host;", "");
    const page = await open(`http://${host}:${port}/watch/cam`);
    await page.waitForSelector("nalive-player >> text=no WebSocket reaches it");
  });

  it.skipIf(noCaddy)(`Caddy is believed about its clients only if it is trusted${why(noCaddy)}`, async () => {
    const peers: string[] = [];
    for (const trustedProxies of [[], ["127.0.0.0/8"]]) {
      const server = await serve({ sources: { cam: camera }, trustedProxies });
      const { port } = await caddy(server, "/");
      const page = await open(`http://${host}:${port}/watch/cam`);
      await showsPictures(page);
      const { viewerSessions } = JSON.parse((await get(server, "/api/streams/cam")).text);
      peers.push(viewerSessions[0].peer);
    }
    expect(peers).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/), "127.0.0.1"]);
  });

  it.skipIf(noNginx ?? missing("curl"))(`nginx passes a publisher on${why(noNginx)}`, async () => {
    const server = await serve();
    const { port } = await nginx(server, "/cams/", "proxy_request_buffering off; client_max_body_size 0;");
    const curl = run(
      "curl",
      ["-sS", "-T", "-", `http://127.0.0.1:${port}/cams/publish/cam`],
      Buffer.alloc(9),
    );
    const { output } = await curl.done;
    expect(JSON.parse(output.toString()).code).toBe("NALIVE_NO_PICTURE");
  });
});
