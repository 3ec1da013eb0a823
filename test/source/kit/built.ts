import { openSource as built } from "../../../dist/node/source/open-source.js";
import type { openSource as source } from "../../../src/node/source/open-source.js";

/**
 * `openSource` of the built package, which sources with a worker thread need. Its types differ for
 * the compiler.
 */
export const openSource = built as unknown as typeof source;
