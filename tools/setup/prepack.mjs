// Runs before `npm pack` and `npm publish`. Builds from nothing, so that no deleted source is
// published.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./setup.mjs";

rmSync(join(root, "dist"), { recursive: true, force: true });
build();
