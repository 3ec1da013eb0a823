// dist/browser/player.js: the player with its worker in one file, so that a page embeds it with two
// lines.
import { writeFileSync } from "node:fs";
import { defineConfig } from "vite";

/**
 * Also writes the worker that the player contains into a separate file, for pages whose
 * Content-Security-Policy allows no worker from inside a script.
 *
 * @type {import("vite").Plugin}
 */
const workerFile = {
  name: "worker-file",
  generateBundle(_options, bundle) {
    for (const part of Object.values(bundle))
      if (part.type === "chunk") writeFileSync("dist/browser/player-worker.js", part.code);
  },
};

export default defineConfig({
  logLevel: "warn",
  worker: { plugins: () => [workerFile] },
  build: {
    target: "es2022",
    outDir: "dist/browser",
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: "src/browser/index.ts", formats: ["es"], fileName: () => "player.js" },
  },
});
