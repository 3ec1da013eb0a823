import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 20_000,
    // The tests of real parts measure nothing, but start real processes: two at a time on two
    // cores.
    maxWorkers: 2,
  },
});
