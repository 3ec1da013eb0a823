import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 20_000,
    // Servers of tests keep their certificate here, not in the home of who runs them.
    env: { XDG_STATE_HOME: join(import.meta.dirname, "out", "test-state") },
    // The tests of real parts measure nothing, but start real processes: two at a time on two
    // cores.
    maxWorkers: 2,
  },
});
