// Before `npm pack` and `npm publish`: builds from nothing, so that nothing is published whose source is gone.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./setup.mjs";

rmSync(join(root, "dist"), { recursive: true, force: true });
build();
