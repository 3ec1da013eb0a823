import { join } from "node:path";
import { root } from "../../setup/setup.mjs";

/** Results and clips. */
export const outputDirectory = join(root, "out/bench");
/** The command line. */
export const nalive = join(root, "dist/cli/main.js");
export const peersDirectory = join(root, "tools/bench/peers");
