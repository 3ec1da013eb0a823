import { expect, it } from "vitest";
import { main, start } from "./run-cli.js";

// V8 is asked to keep its heap small, and to say after each collection at which size it will mark
// the heap again. By itself it would do so at 1.1 to 1.3 times what is in use.
const v8Flags = ["--optimize-for-size", "--gc-interval=20000", "--trace-gc", "--trace-gc-verbose"];
const factor = /new limit: \d+ KB \(([\d.]+)\)/;

it.each([
  ["serve", ["--port", "0"]],
  ["view", ["test:", "--no-open"]],
  ["start", ["--port", "0"]],
])(
  "nalive %s lets V8 wait until the heap has grown to four times what was in use",
  async (command, options) => {
    const started = start(process.execPath, ...v8Flags, main, command, ...options);
    const [url] = await started.says(/http:\/\/[\d.:]+/);
    const makeGarbage = async () => (await fetch(`${url}/api/streams`)).json();
    await makeGarbage();
    let said = "";
    started.child.stdout?.on("data", (data: Buffer) => {
      said += data;
    });
    while (!factor.test(said)) await makeGarbage();
    expect(said.match(factor)?.[1]).toBe("4.0");
  },
);
