// Builds dist/dashboard, the page at `/` of `nalive serve`. It does not include the player: the
// page loads /player.js from the server.
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  // A proxy may mount the server anywhere.
  base: "./",
  build: {
    target: "es2022",
    outDir: "../dist/dashboard",
    emptyOutDir: true,
    assetsDir: "dashboard",
    modulePreload: { polyfill: false },
  },
});
