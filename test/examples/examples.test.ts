import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Running, start } from "../cli/run-cli.js";
import { clip, temporary } from "../stream/stream-kit.js";

const folder = fileURLToPath(new URL("../../examples/", import.meta.url));
const small = "size=128x96&frames=40&gop=20&bitrate=200k";

/** Runs an example as its comment says; `import "nalive"` is this package. */
function example(name: string, ...args: string[]): Running {
  return start(process.execPath, name.endsWith(".ts") ? compiled(name) : folder + name, ...args);
}

/**
 * The path of a TypeScript example as JavaScript for any Node, in this package so that `nalive` is
 * found.
 */
function compiled(name: string): string {
  const path = fileURLToPath(new URL(`../../out/examples/${name.replace(".ts", ".mjs")}`, import.meta.url));
  const { outputText } = ts.transpileModule(readFileSync(folder + name, "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, outputText);
  return path;
}

const tested = new Map<string, () => Promise<void>>([
  [
    "access-units.mjs",
    async () => {
      const { path, units } = await clip(small);
      const lines = await linesOf(example("access-units.mjs", path));
      expect(lines).toHaveLength(40);
      expect(lines[0]).toMatch(/^0 I 0 \d+$/);
      expect(lines[39]).toMatch(/^39 P 38 \d+$/);
      const bytes = lines.reduce((sum, line) => sum + Number(line.split(" ")[3]), 0);
      expect(bytes).toBeGreaterThan(Buffer.concat(units).length - 100);
    },
  ],
  [
    "await-using.ts",
    async () => {
      const { path } = await clip(small);
      expect(await linesOf(example("await-using.ts", path))).toEqual([
        expect.stringMatching(/^128x96, mean luma \d+$/),
      ]);
    },
  ],
  [
    "signal.mjs",
    async () => {
      const timedOut = linesOf(example("signal.mjs", "test:?size=128x96&fps=30"));
      const running = example("signal.mjs", "test:?size=128x96&fps=30");
      await firstLineOf(running);
      running.child.kill("SIGINT");
      for (const lines of [timedOut, linesOf(running)])
        expect((await lines).at(-1)).toMatch(/^\d+ pictures, 0 kinds of issues$/);
    },
  ],
  [
    "every-frame.mjs",
    async () => {
      const { path } = await clip(small);
      const [line] = await linesOf(example("every-frame.mjs", path));
      expect(line).toMatch(/^40 [0-9a-f]{32}$/);
    },
  ],
  [
    "five-lines.mjs",
    async () => {
      const { bytes } = await clip(small);
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.write(bytes);
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const running = example("five-lines.mjs", `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect(await firstLineOf(running)).toMatch(/^128 96 36864 [IP]$/);
      running.child.kill();
      await running.ended;
      server.close();
    },
  ],
  [
    "node-stream.mjs",
    async () => {
      const { bytes } = await clip(small);
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.end(bytes);
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const port = (server.address() as AddressInfo).port;
      const lines = await linesOf(example("node-stream.mjs", String(port), "127.0.0.1"));
      expect(lines.at(-1)).toMatch(/^128 96 \d+$/);
      server.close();
    },
  ],
  [
    "server.mjs",
    async () => {
      const { path } = await clip(small);
      const running = example("server.mjs", path);
      const [, url] = (await firstLineOf(running)).match(/^watch at (\S+)\/watch\/cam$/)!;
      const camera = async () => fetch(`${url}/api/streams/cam`).then((response) => response.json());
      while (!((await camera()) as { pictures?: number }).pictures) await sleep(20);
      const { code, stderr } = await running.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  ],
  [
    "snapshot.mjs",
    async () => {
      const { path } = await clip(small);
      const picture = temporary("snapshot.png");
      expect(await linesOf(example("snapshot.mjs", path, picture))).toEqual([]);
      const png = readFileSync(picture);
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 96]);
    },
  ],
  [
    "web-stream.mjs",
    async () => {
      const { bytes } = await clip(small);
      const server = createHttpServer((_request, response) => response.end(bytes)).listen(0, "127.0.0.1");
      await once(server, "listening");
      const port = (server.address() as AddressInfo).port;
      const lines = await linesOf(example("web-stream.mjs", `http://127.0.0.1:${port}/`));
      expect(lines.at(-1)).toBe("128 96");
      server.close();
    },
  ],
  [
    "websocket-server.mjs",
    async () => {
      const { units } = await clip(small);
      const running = example("websocket-server.mjs", "0");
      const port = Number(/port: (\d+)/.exec(await firstLineOf(running))?.[1]);
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      await once(socket, "open");
      for (const unit of units) socket.send(unit);
      socket.close();
      await outputOf(running, /^39 128 96$/m);
      running.child.kill();
      await running.ended;
    },
  ],
]);

/** Runs to the end; it must end well and complain of nothing. */
async function linesOf(running: Running): Promise<string[]> {
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.toString().split("\n").slice(0, -1);
}

/** Waits until the output matches. */
async function outputOf(running: Running, pattern: RegExp): Promise<string> {
  let output = "";
  for await (const data of running.child.stdout!.iterator({ destroyOnReturn: false })) {
    output += data;
    if (pattern.test(output)) return output;
  }
  throw new Error(`it ended without printing ${pattern}: ${output}${running.stderr}`);
}

const firstLineOf = async (running: Running) => (await outputOf(running, /\n/)).split("\n")[0]!;

describe("examples/", () => {
  it.each(readdirSync(folder).filter((name) => name !== "tsconfig.json"))(
    "%s does what it says",
    async (name) => {
      const test = tested.get(name);
      expect(test, `no test runs ${name}`).toBeDefined();
      await test!();
    },
  );
});
