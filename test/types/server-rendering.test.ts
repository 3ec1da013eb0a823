import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

it.each(["nalive/player", "nalive/player/react"])(
  "a server that renders pages imports %s to no effect",
  (name) => {
    const program = `
    const before = Object.keys(globalThis).length;
    const { NalivePlayerElement } = await import("${name}");
    console.log(typeof NalivePlayerElement, Object.keys(globalThis).length - before);`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: root });
    expect(output.toString()).toBe("function 0\n");
  },
);
