import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const outputDirectory = join(root, "out/bench");
export const nalive = join(root, "dist/cli/main.js");
export const peersDirectory = join(root, "tools/bench/peers");
