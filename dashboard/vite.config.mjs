// dist/dashboard: the page at `/` of `nalive serve`. The player is not in it: the page loads the server's own /player.js.
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    assetsDir: "dashboard",
    modulePreload: { polyfill: false },
  },
});
