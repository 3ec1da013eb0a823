import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Page, Route } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noChromium, seenPictures, watchPictures } from "../browser/chromium.js";
import { missing, why } from "../cli/run-cli.js";
import { get, run, serve } from "../serve/serve-kit.js";
import { camera, pagesInChromium, publishLooped, until, width } from "./dashboard-kit.js";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

describe.skipIf(noChromium)(`the dashboard in Chromium${why(noChromium)}`, { timeout: 60_000 }, () => {
  const open = pagesInChromium();
  const watched = { before: (page: Page) => watchPictures(page, width) };
  /** The text as people see it: different boxes are on different lines. */
  const text = (page: Page, selector: string) =>
    // biome-ignore lint/performance/useDomNodeTextContent: neighbours must not run together
    page.$eval(selector, (found) => (found as HTMLElement).innerText);

  it("shows the picture before anything else: without the API, without the plots", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(`${server.url}/streams/cam`, {
      before: async (page) => {
        await watchPictures(page, width);
        await page.route(/\/api\/|delay-plot/, () => undefined);
      },
    });
    await until(async () => (await seenPictures(page)).length > 5);
  });

  it("shows all streams on a wall, with live picture, name and delay; a click opens one", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(server.url, watched);
    await until(async () => (await seenPictures(page)).length > 5);
    await until(async () => /^\d+(\.\d)? ms$/.test(await text(page, ".tile-delay")));
    expect(await text(page, ".tile-name")).toBe("cam");
    expect(await page.locator(".mark").getAttribute("data-condition")).toMatch(/live|late/);
    await page.click(".tile");
    await page.waitForURL("**/streams/cam");
    await page.goBack();
    await page.waitForSelector(".tile");
  });

  it("pauses tiles that are off screen", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const small = "test:?size=64x64&fps=5";
    const server = await serve({ sources: Object.fromEntries(names.map((name) => [name, small])) });
    const page = await open(server.url, { size: [390, 500] });
    const states = () =>
      page.$$eval("nalive-player", (players) =>
        players.map((player) => (player as unknown as { state: { type: string } }).state.type),
      );
    await until(async () => {
      return (await states()).at(0) === "live" && (await states()).at(-1) === "paused";
    });
    await page.locator(".tile").last().scrollIntoViewIfNeeded();
    await until(async () => (await states()).at(0) === "paused" && (await states()).at(-1) === "live");
  });

  it("without streams offers the test camera, and commands that work as copied", async () => {
    const server = await serve();
    const page = await open(server.url);
    await page.click("text=Start the test camera");
    await page.waitForSelector('.tile[href="/streams/test-camera"][data-condition="live"]');
    await page.click(".tile");
    await page.click("text=Stop the test camera");
    await until(async () => (await text(page, ".now .mark")) === "gone");
    await page.click(".wordmark");
    if (missing("ffmpeg")) return;
    await page.click('[aria-label="Send a stream"]');
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.click('dialog [aria-label^="Copy"]');
    await page.waitForSelector("text=Copied");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const [program, ...args] = copied.split(" ");
    run(program!, args);
    await page.waitForSelector('.tile[href="/streams/cam"]', { state: "attached", timeout: 30_000 });
  });

  it("updates its figures: delay by stage, bars, facts", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(`${server.url}/streams/cam`);
    await until(async () => /^\d/.test(await text(page, ".hero")));
    await until(async () => (await page.locator(".bars-graph rect.P").count()) > 100);
    expect(await page.locator(".bars-graph rect.I").count()).toBeGreaterThanOrEqual(3);
    const first = await text(page, ".hero");
    await until(async () => (await text(page, ".hero")) !== first);
    await until(async () => /every 30 pictures, 1\.0 s/.test(await text(page, ".facts")));
    const facts = await text(page, ".facts");
    for (const fact of ["640 × 360", "H.264", "WebCodecs", "fetched by the server", "Colour"])
      expect(facts).toContain(fact);
    await page.waitForSelector(".plot-place canvas");
    await until(async () => /complete\s+\d+\.\d ms\s+received/.test(await text(page, ".delay .legend")));
  });

  it("reports a loss in plain words, marks it, and reports its end", async () => {
    const server = await serve();
    await publishLooped(server, (number) => number % 60 !== 40);
    const page = await open(`${server.url}/streams/cam`);
    const events = () => text(page, ".event-list");
    await until(async () =>
      /Pictures were lost on the way from the camera: the picture stood still for \d\.\d\ss \(\d+ pictures\)/.test(
        await events(),
      ),
    );
    expect(await page.locator(".bars-graph rect.held-back").count()).toBeGreaterThan(0);
    await until(async () => (await text(page, ".now .mark")) === "damaged");
  });

  it("reports that the camera is gone, and that it is back", async () => {
    const server = await serve();
    const publisher = await publishLooped(server, () => true);
    const page = await open(`${server.url}/streams/cam`);
    await until(async () => (await text(page, ".now .mark")) === "live");
    publisher.stop();
    await until(async () => (await text(page, ".now .mark")) === "gone");
    expect(await text(page, ".event-list")).toContain("The camera is gone");
    await publishLooped(server, () => true);
    await until(async () => (await text(page, ".event-list")).includes("Live again after"));
  });

  it("has a button that records, and lists the file for download", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(`${server.url}/streams/cam`);
    await page.click(".record");
    await page.waitForSelector('.record[aria-pressed="true"]');
    await until(async () => /\d (kB|MB)/.test(await text(page, ".record-size")));
    await page.click(".record");
    const link = page.locator(".recording-list a").first();
    const file = await link.textContent();
    await page.waitForSelector('.recording-list [aria-label^="Delete"]');
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe(file);
    const bytes = readFileSync(await download.path());
    expect(bytes.subarray(4, 8).toString()).toBe("ftyp");
    expect(bytes.length).toBeGreaterThan(10_000);
  });

  it("reports that pictures are missing from a recording", async () => {
    const server = await serve({ sources: { cam: camera } });
    // The disk of this test is quick: the server's figure is changed on its way
    // (test/serve/recording.test.ts has a slow one).
    const withDropped = async (route: Route) => {
      const response = await route.fetch();
      const answer = await response.json();
      const { recording } = answer;
      const dropped = recording.isRecording ? 3 : 0;
      await route.fulfill({ response, json: { ...answer, recording: { ...recording, dropped } } });
    };
    const page = await open(`${server.url}/streams/cam`, {
      before: async (page) => {
        await page.route("**/api/streams/cam", withDropped);
      },
    });
    await page.click(".record");
    const events = () => text(page, ".event-list");
    await until(async () =>
      (await events()).includes("The disk is too slow: pictures are missing from the recording"),
    );
    await page.click(".record");
    await until(async () => (await events()).includes("Recording stopped: 3 pictures missing"));
    await page.click(".record");
    await until(async () => (await events()).split("The disk is too slow").length === 3);
  });

  it("shows the focus ring over pictures, and moves the focus to a new page", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(server.url);
    await page.waitForSelector(".tile");
    const ring = (selector: string) =>
      page.$eval(selector, (found) => getComputedStyle(found, "::after").boxShadow);
    expect(await ring(".tile")).toBe("none");
    for (const _ of ["wordmark", "recordings", "send", "theme", "tile"]) await page.keyboard.press("Tab");
    expect(await ring(".tile")).toContain("inset");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/streams/cam");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("stream");
    await page.keyboard.press("Tab");
    expect(await ring("nalive-player")).toContain("inset");
  });

  it("works by keyboard alone: Tab reaches everything, arrows move along the bars", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(`${server.url}/streams/cam`);
    await until(async () => (await page.locator(".bars-graph rect.P").count()) > 20);
    const wanted = await page.$$eval("a, button, [tabindex='0']", (found) => {
      for (const [index, each] of found.entries()) (each as HTMLElement).dataset.stop = String(index);
      return found.length;
    });
    const reached = new Set<string>();
    for (let press = 0; press < wanted + 2; press++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.stop);
      if (stop !== undefined) reached.add(stop);
    }
    expect(reached.size).toBe(wanted);
    await page.focus(".bars-graph");
    await page.keyboard.press("ArrowLeft");
    expect(await text(page, ".bars-says")).toMatch(/^Picture \d+ · [IPB].* · \d+(\.\d)? k?B · \w/);
    const said = await page.locator(".bars-graph").getAttribute("aria-valuetext");
    await page.keyboard.press("ArrowLeft");
    expect(await page.locator(".bars-graph").getAttribute("aria-valuetext")).not.toBe(said);
  });

  it("has a heading, a main landmark and proper lists for screen readers on each page", async () => {
    const server = await serve({ sources: { cam: camera } });
    const empty = await serve({ view: { token: "view-secret" } });
    for (const [url, shows] of [
      [server.url, ".tile"],
      [`${server.url}/streams/cam`, ".event-list p"],
      [empty.url, ".token"],
    ] as const) {
      const page = await open(url);
      await page.waitForSelector(shows);
      expect(await page.locator("h1").count()).toBe(1);
      expect(await page.locator("main").count()).toBe(1);
      const strays = "li:not(ul:not([role]) > li, ol:not([role]) > li)";
      expect(await page.locator(strays).count()).toBe(0);
    }
  });

  it("does not scroll sideways on a phone", async () => {
    const server = await serve();
    const page = await open(server.url, { size: [390, 844] });
    await page.waitForSelector(".send");
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await wide()).toBe(390);
    await publishLooped(server, (number) => number % 60 !== 40);
    await page.waitForSelector(".tile");
    expect(await wide()).toBe(390);
    await page.click(".tile");
    await until(async () => /stood still/.test(await text(page, ".event-list")));
    await page.locator(".plot-place").scrollIntoViewIfNeeded();
    await page.waitForSelector(".plot-place canvas");
    expect(await wide()).toBe(390);
  });

  it("asks for the token, and keeps it out of the address", async () => {
    const server = await serve({ sources: { cam: camera }, view: { token: "view-secret" } });
    const page = await open(server.url, watched);
    await until(() => page.evaluate(() => document.activeElement?.getAttribute("name") === "token"));
    await page.keyboard.type("wrong-secret");
    // The server is asked again meanwhile.
    await page.waitForResponse(/\/api\/streams/);
    await page.waitForResponse(/\/api\/streams/);
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=The token is wrong");
    await page.keyboard.type("view-secret");
    await page.waitForResponse(/\/api\/streams/);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".tile");
    await until(async () => (await seenPictures(page)).length > 2);
    await page.goto(`${server.url}/?token=view-secret`);
    await page.waitForSelector(".tile");
    expect(new URL(page.url()).search).toBe("");
  });

  it("reports that a stream does not exist, and shows it once somebody publishes it", async () => {
    const server = await serve();
    const page = await open(`${server.url}/streams/cam`, watched);
    await page.waitForSelector("text=No such stream");
    expect(await page.locator(".picture").isVisible()).toBe(false);
    await publishLooped(server, () => true);
    await until(async () => (await seenPictures(page)).length > 2);
    expect(await page.locator(".notice").count()).toBe(0);
  });

  it("keeps the picture in place when the server stops", async () => {
    const server = await serve({ sources: { cam: camera } });
    const page = await open(`${server.url}/streams/cam`);
    await until(async () => (await text(page, ".now .mark")) === "live");
    const top = () => page.$eval("nalive-player", (player) => player.getBoundingClientRect().top);
    const before = await top();
    await server.stop();
    await until(async () => (await text(page, ".event-list")).includes("No connection to the server"));
    await page.waitForEvent("requestfailed");
    await page.waitForEvent("requestfailed");
    expect(await top()).toBe(before);
  });

  it("is dark or light as the system is, or as the user chose", async () => {
    const server = await serve();
    const page = await open(server.url);
    const [dark, light] = ["rgb(11, 12, 14)", "rgb(246, 247, 248)"];
    const isGround = (colour: string) => () =>
      page.evaluate(
        (colour) => getComputedStyle(document.documentElement).backgroundColor === colour,
        colour,
      );
    await page.emulateMedia({ colorScheme: "dark" });
    await until(isGround(dark));
    await page.emulateMedia({ colorScheme: "light" });
    await until(isGround(light));
    await page.click('[aria-label="Light colours"]');
    await until(isGround(dark));
    await page.reload();
    await until(isGround(dark));
  });
});

describe("what a browser loads", () => {
  const files = readdirSync(join(dist, "dashboard"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

  it("is less than 150 kB gzipped, page and player and plots together", () => {
    const sizes = [...files, join(dist, "browser", "player.js")].map(
      (path) => gzipSync(readFileSync(path)).length,
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
  });

  it("has nothing of the server in it: of the API it takes types only", () => {
    for (const path of files.filter((path) => path.endsWith(".js")))
      expect(readFileSync(path, "utf8"), path).not.toMatch(/zod|~standard|node:/i);
  });

  it("loads the plots only once they are shown", async () => {
    expect(files.some((path) => /delay-plot-[\w-]+\.js$/.test(path))).toBe(true);
    const server = await serve();
    expect((await get(server, "/")).text).not.toContain("delay-plot");
  });
});
