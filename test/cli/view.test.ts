import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startCli } from "./run-cli.js";

describe("nalive view", () => {
  it("serves one source and says where to watch it", async () => {
    const started = startCli(["view", "--no-open", "test:?size=320x240"]);
    const [, page] = await started.says(/watch at (\S+)/);
    expect(await (await fetch(page!)).text()).toContain('<nalive-player src="../streams/view/ws">');
    const snapshot = () => fetch(new URL("/streams/view/snapshot.jpg", page));
    while ((await snapshot()).status !== 200) await sleep(50);
    started.child.kill("SIGTERM");
    expect((await started.ended).code).toBe(0);
  });

  it("says why there is nothing to see", async () => {
    const started = startCli(["view", "--no-open", "tcp://127.0.0.1:1"]);
    await started.says(/watch at/);
    await sleep(500);
    started.child.kill("SIGTERM");
    expect((await started.ended).stdout.toString()).toMatch(
      /view: trying again .*Nothing listens on 127\.0\.0\.1:1/,
    );
  });

  it("does not take a file that would come all at once, and says how to play it", async () => {
    const { code, stderr } = await startCli(["view", "--no-open", "clip.mp4"]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/exec:ffmpeg -re -i PATH -c copy -f h264 - \[NALIVE_INVALID_SOURCE\]/);
  });
});
