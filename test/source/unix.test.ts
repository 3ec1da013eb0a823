import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { removeDeadSocket } from "../../src/node/source/sockets/unix.js";
import { startSource } from "./kit/open-sources.js";
import { pattern } from "./kit/recording-sink.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-unix-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A socket at `path` whose owner was killed. */
async function leaveDeadSocket(path: string): Promise<void> {
  const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", program]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(path)).toBe(true);
}

describe.runIf(process.platform !== "win32")("unix", () => {
  it("listens, continues after a sender disconnects, and removes the socket at the end", async () => {
    const path = join(folder, "a.sock");
    const { source, sink } = startSource(`unix:${path}?listen`);
    expect(await sink.stateOf("listening")).toMatchObject({ address: path, port: undefined });
    for (const session of [0, 1]) {
      connect(path).end(pattern(100_000, session));
      await sink.until(() => sink.sessions[session]?.ended);
      expect(sink.bytes(session).equals(pattern(100_000, session))).toBe(true);
    }
    await source.stop();
    expect(existsSync(path)).toBe(false);
  });

  it("replaces a socket that a killed process left behind", async () => {
    const path = join(folder, "dead.sock");
    await leaveDeadSocket(path);
    const { sink } = startSource(`unix:${path}?listen`);
    await sink.stateOf("listening");
  });

  it("leaves a socket in use and a file alone", async () => {
    const path = join(folder, "b.sock");
    const first = startSource(`unix:${path}?listen`);
    await first.sink.stateOf("listening");
    const second = startSource(`unix:${path}?listen`);
    expect(await second.sink.closeReason()).toMatchObject({ code: "NALIVE_PORT_IN_USE" });
    const file = join(folder, "file");
    writeFileSync(file, "precious");
    const third = startSource(`unix:${file}?listen`);
    expect(await third.sink.closeReason()).toMatchObject({
      code: "NALIVE_PORT_IN_USE",
      message: expect.stringContaining("it is a file"),
    });
    expect(existsSync(file)).toBe(true);
  });

  it("copes with another program that removes the same dead socket", async () => {
    const path = join(folder, "race.sock");
    await leaveDeadSocket(path);
    const done = new Promise<void>((resolve) => removeDeadSocket(path, resolve));
    rmSync(path);
    await done;
  });

  it("connects, and waits for an owner that is not running yet", async () => {
    const path = join(folder, "later.sock");
    const { sink } = startSource(`unix:${path}`);
    expect(await sink.stateOf("retrying")).toMatchObject({ error: { code: "NALIVE_CONNECT_FAILED" } });
    const server = createServer((socket) => socket.end("hello")).listen(path);
    expect((await sink.bytesOf(0, 5)).toString()).toBe("hello");
    server.close();
  });
});
