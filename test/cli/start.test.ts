import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { cliArguments } from "../../tools/setup/cli-arguments.mjs";
import { launchChromium, noChromium, seenPictures, watchPictures } from "../browser/chromium.js";
import { main, Running, startCli, why } from "./run-cli.js";

const address = /Open {2}(http:\S+)/;

describe("npm start", () => {
  it("is `nalive start` with the options that it is given, or any other command line", () => {
    expect(cliArguments([])).toEqual(["start"]);
    expect(cliArguments(["--port", "9000"])).toEqual(["start", "--port", "9000"]);
    expect(cliArguments(["start", "--port", "9000"])).toEqual(["start", "--port", "9000"]);
    expect(cliArguments(["serve", "--check"])).toEqual(["serve", "--check"]);
    expect(cliArguments(["--help"])).toEqual(["--help"]);
    expect(cliArguments(["--version"])).toEqual(["--version"]);
  });
});

describe("nalive start", () => {
  it.skipIf(noChromium)(
    `shows the test camera, live, at the address that it says${why(noChromium)}`,
    async () => {
      const started = startCli(["start", "--port", "0"]);
      const [, url] = await started.says(address);
      const browser = await launchChromium();
      try {
        const page = await browser.newPage();
        await watchPictures(page, 1280);
        await page.goto(url!);
        await page.waitForFunction(() => (window as unknown as { seen: unknown[] }).seen.length > 30);
        const numbers = (await seenPictures(page)).map(({ number }) => number!);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      } finally {
        await browser.close();
      }
      started.child.kill("SIGINT");
      expect((await started.ended).code).toBe(0);
    },
  );

  it("publishes over a real socket, and ends with all that it started", async () => {
    const started = startCli(["start", "--port", "0"]);
    const [, url] = await started.says(address);
    const publisher = async () => {
      const response = await fetch(`${url}/api/streams`);
      return ((await response.json()) as { streams: { publisher?: { via: string; peer: string } }[] })
        .streams[0]?.publisher;
    };
    let camera = await publisher();
    while (!camera) camera = await publisher();
    expect(camera.via).toBe("websocket");
    started.child.kill("SIGTERM");
    const { code, stderr } = await started.ended;
    expect({ code, isCalm: !stderr.includes("nalive:") }).toEqual({ code: 0, isCalm: true });
  });

  it("does not report its camera when a signal ends both, as a terminal's and a container's do", async () => {
    const started = new Running(spawn(process.execPath, [main, "start", "--port", "0"], { detached: true }));
    const [, url] = await started.says(address);
    const isLive = async () => (await (await fetch(`${url}/api/streams`)).text()).includes('"live"');
    while (!(await isLive())) await sleep(50);
    process.kill(-started.child.pid!, "SIGTERM");
    const { code, stderr } = await started.ended;
    expect({ code, isCalm: !stderr.includes("nalive:") }).toEqual({ code: 0, isCalm: true });
  });

  it("takes a free port where the usual one is in use, and says so", async () => {
    // The port is held by this test, or by a program that held it before.
    const holder = createServer().on("error", () => undefined);
    holder.listen(8264, "127.0.0.1");
    const started = startCli(["start"]);
    const [, url] = await started.says(address);
    holder.close();
    expect(new URL(url!).port).not.toBe("8264");
    expect(started.stderr).toContain("port 8264 is in use");
  });

  it("uses no other port than the one asked for", async () => {
    const first = startCli(["start", "--port", "0"]);
    const { port } = new URL((await first.says(address))[1]!);
    const second = await startCli(["start", "--port", port]).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("[NALIVE_PORT_IN_USE]");
  });
});
