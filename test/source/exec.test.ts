import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startSource } from "./open-sources.js";

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A process that nobody has reaped yet is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe.runIf(process.platform !== "win32")("exec", () => {
  it("delivers what the command writes", async () => {
    const { source, sink } = startSource("exec:seq 1 20000", { reconnect: false });
    expect(source.kind).toBe("live");
    expect(await sink.closeReason()).toBeUndefined();
    const lines = sink.bytes().toString().trimEnd().split("\n");
    expect(lines).toEqual(Array.from({ length: 20000 }, (_, n) => String(n + 1)));
  });

  it("says how the command failed, with the last it said", async () => {
    const command = "exec:printf abc; for n in 1 2 3 4 5 6 7 8; do echo line $n >&2; done; exit 3";
    const { sink } = startSource(command, { reconnect: false });
    const reason = await sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_COMMAND_FAILED" });
    expect(reason?.message).toContain("ended with exit code 3");
    expect(reason?.message).toContain("line 8");
    expect(reason?.message).not.toContain("line 3\n");
    expect(sink.bytes().toString()).toBe("abc");
    expect(sink.sessions[0]?.reason).toBe(reason);
  });

  it("says that the command was killed", async () => {
    const { sink } = startSource("exec:kill -9 $$", { reconnect: false });
    expect((await sink.closeReason())?.message).toContain("was killed by SIGKILL");
  });

  it("does not try again when there is no such command", async () => {
    const { sink } = startSource("exec:no-such-command-at-all");
    const reason = await sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_COMMAND_FAILED" });
    expect(reason?.message).toMatch(/exit code 127.*not found/s);
  });

  it("runs the command again when it has ended", async () => {
    const { sink } = startSource("exec:printf x; exit 1");
    await sink.until(() => sink.sessions[1]?.ended);
    expect(sink.bytes(1).toString()).toBe("x");
    expect(await sink.stateOf("retrying")).toMatchObject({ error: { code: "NALIVE_COMMAND_FAILED" } });
  });

  it("kills all of a pipeline on stop, even what ignores being asked", async () => {
    const { source, sink } = startSource(
      "exec:sh -c 'trap \"\" TERM; echo $$; sleep 60' | cat & echo $!; wait",
    );
    await sink.until(() => sink.bytes().toString().trim().split("\n").length >= 2);
    const pids = sink.bytes().toString().trim().split("\n").map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await source.stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it("lets the command wait while it is paused", async () => {
    const { source, sink } = startSource("exec:yes | head -c 5000000", { reconnect: false });
    sink.onPush = () => {
      sink.onPush = () => {};
      source.pause();
    };
    await sink.bytesOf(0, 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sink.bytes().length).toBeLessThan(500_000);
    source.resume();
    await sink.closeReason();
    expect(sink.bytes().length).toBe(5_000_000);
  });
});
