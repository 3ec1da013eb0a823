import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startSource } from "./kit/open-sources.js";

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A process that is not reaped yet is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

/** Output of a program that has `openSource` and 64 descriptors. */
async function run(program: string): Promise<string> {
  const url = new URL("../../dist/node/source/open-source.js", import.meta.url).href;
  const script = `import { openSource } from ${JSON.stringify(url)};${program}`;
  const child = spawn("/bin/sh", [
    "-c",
    'ulimit -n 64; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ]);
  let output = "";
  for await (const part of child.stdout) output += part;
  return output.trim();
}

describe.runIf(process.platform !== "win32")("exec", () => {
  it("delivers what the command writes", async () => {
    const { source, sink } = startSource("exec:seq 1 20000", { reconnect: false });
    expect(source.kind).toBe("live");
    expect(await sink.closeReason()).toBeUndefined();
    const lines = sink.bytes().toString().trimEnd().split("\n");
    expect(lines).toEqual(Array.from({ length: 20000 }, (_, n) => String(n + 1)));
  });

  it("gives the command no token of the server", async () => {
    process.env.NALIVE_PUBLISH_TOKEN = "publish-secret";
    process.env.NALIVE_VIEW_TOKEN = "view-secret";
    try {
      const { sink } = startSource("exec:env", { reconnect: false });
      await sink.closeReason();
      const environment = sink.bytes().toString();
      expect(environment).toContain("PATH=");
      expect(environment).not.toContain("secret");
    } finally {
      delete process.env.NALIVE_PUBLISH_TOKEN;
      delete process.env.NALIVE_VIEW_TOKEN;
    }
  });

  it("reports how the command failed, with its last lines of output", async () => {
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

  it("reports that the command was killed", async () => {
    const { sink } = startSource("exec:kill -9 $$", { reconnect: false });
    expect((await sink.closeReason())?.message).toContain("was killed by SIGKILL");
  });

  it("does not try again when there is no such command", async () => {
    const { sink } = startSource("exec:no-such-command-at-all");
    const reason = await sink.closeReason();
    expect(reason).toMatchObject({ code: "NALIVE_COMMAND_FAILED" });
    expect(reason?.message).toMatch(/exit code 127.*not found/s);
  });

  it("runs the command again after it has ended", async () => {
    const { sink } = startSource("exec:printf x; exit 1");
    await sink.until(() => sink.sessions[1]?.ended);
    expect(sink.bytes(1).toString()).toBe("x");
    expect(await sink.stateOf("retrying")).toMatchObject({ error: { code: "NALIVE_COMMAND_FAILED" } });
  });

  it("kills a whole pipeline on stop, even a part that ignores SIGTERM", async () => {
    const { source, sink } = startSource(
      "exec:sh -c 'trap \"\" TERM; echo $$; sleep 60' | cat & echo $!; wait",
    );
    await sink.until(() => sink.bytes().toString().trim().split("\n").length >= 2);
    const pids = sink.bytes().toString().trim().split("\n").map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await source.stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it("adds one listener for the end of the process, however many commands run", async () => {
    const before = process.listenerCount("exit");
    const sources = Array.from({ length: 12 }, () => startSource("exec:echo up; sleep 60"));
    for (const { sink } of sources) await sink.bytesOf(0, 3);
    expect(process.listenerCount("exit")).toBe(before + 1);
    await Promise.all(sources.map(({ source }) => source.stop()));
    expect(process.listenerCount("exit")).toBe(before);
  });

  it.runIf(process.platform === "linux")(
    "leaves no timer when a stopped command has left its group",
    async () => {
      const output = await run(`
      const source = openSource("exec:setsid sleep 3 & echo up");
      source.start({
        begin() {}, end() {}, state() {}, close() {},
        push: () => setTimeout(async () => {
          await source.stop();
          const stopped = performance.now();
          process.on("exit", () => console.log(performance.now() - stopped < 500 ? "at once" : "late"));
        }, 200),
      });`);
      expect(output).toBe("at once");
    },
  );

  it("tries again when no descriptor is left for the command's output", async () => {
    const output = await run(`
      const { openSync, closeSync } = await import("node:fs");
      const source = openSource("exec:echo up");
      const taken = [];
      try { for (;;) taken.push(openSync("/dev/null")); } catch {}
      source.start({
        begin() {}, end() {}, close() {},
        push: () => { source.stop(); console.log("went on"); },
        state: (state) => {
          if (state.type !== "retrying" || !state.error) return;
          for (const descriptor of taken.splice(0)) closeSync(descriptor);
          console.log(state.error.message);
        },
      });`);
    expect(output).toBe('Cannot start the command "echo up": spawn /bin/sh EMFILE\nwent on');
  });

  it("makes the command wait while it is paused", async () => {
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
