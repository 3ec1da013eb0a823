import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { main } from "../cli/run-cli.js";
import { clipUnits, Peer, publishUnits, sleep } from "./serve-kit.js";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server whose log goes to `output`: a descriptor, or a pipe that nobody reads. */
async function serveTo(output: number | "pipe") {
  const child = spawn(process.execPath, [main, "serve", "--port", "0"], {
    stdio: ["ignore", output, "pipe"],
  });
  stops.push(() => child.kill("SIGKILL"));
  let said = "";
  child.stderr!.on("data", (bytes: Buffer) => (said += bytes));
  while (!/serving at (\S+)/.test(said)) await sleep(20);
  const url = /serving at (\S+)/.exec(said)![1]!;
  /** Publishers that are refused: each is an entry of the log. */
  const refuse = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const { status } = await fetch(`${url}/publish/..%2f`, { method: "POST", body: "no H.264" });
      expect(status).toBeGreaterThanOrEqual(400);
    }
  };
  const showsPictures = async () => {
    const { ws } = await new Peer(`${url.replace("http", "ws")}/publish/cam`).open();
    await publishUnits(ws, (await clipUnits()).slice(0, 10), 5);
    await sleep(100);
    const { pictures } = await (await fetch(`${url}/api/streams/cam`)).json();
    expect(pictures).toBeGreaterThanOrEqual(9);
    ws.close();
  };
  return { child, refuse, showsPictures };
}

describe("a log that nobody takes", () => {
  it("on a full disk stops nothing, and the server still ends as usual", async () => {
    const full = openSync("/dev/full", "w");
    stops.push(() => closeSync(full));
    const { child, refuse, showsPictures } = await serveTo(full);
    await refuse(20);
    await showsPictures();
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("in a pipe that is full does not keep the server from ending", async () => {
    const { child, refuse } = await serveTo("pipe");
    await refuse(1000);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("in a pipe that is full stops nothing, and says how much was lost", async () => {
    const { child, refuse, showsPictures } = await serveTo("pipe");
    // More than the pipe and the log's own bound hold.
    await refuse(9000);
    await showsPictures();
    let log = "";
    child.stdout!.on("data", (bytes: Buffer) => (log += bytes));
    while (!/\d+ entries of the log were lost/.test(log)) await sleep(20);
    for (const line of log.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
  }, 60_000);
});
