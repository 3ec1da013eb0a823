import { join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * Tests of what a video element shows, and when: browsers leave pictures out where other work takes
 * the processors. These run after all others, one file at a time.
 */
const needQuiet = ["mse", "mse-pauses", "firefox", "many-players"].map(
  (name) => `test/browser/${name}.test.ts`,
);

export default defineConfig({
  test: {
    testTimeout: 20_000,
    // Servers of tests keep their certificate here, not in the home of who runs them.
    env: { XDG_STATE_HOME: join(import.meta.dirname, "out", "test-state") },
    projects: [
      {
        extends: true,
        test: {
          name: "all",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: needQuiet,
          // The tests of real parts start real processes: two at a time on two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "quiet", include: needQuiet, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
