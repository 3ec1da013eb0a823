// dist/browser/player.js: the player with its worker in one file, so that a page embeds it with two
// lines.
import { defineConfig } from "vite";

export default defineConfig({
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: "dist/browser",
    emptyOutDir: false,
    copyPublicDir: false,
    lib: { entry: "src/browser/index.ts", formats: ["es"], fileName: () => "player.js" },
  },
});
