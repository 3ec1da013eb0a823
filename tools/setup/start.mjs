// `npm start` runs a server with a test camera. `npm start -- ARGS` is the command line, so
// `npm start -- --port 9000` is the same as `npm start -- start --port 9000`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { cliArguments } from "./cli-arguments.mjs";
import { build, installPackages, root } from "./setup.mjs";

installPackages();
build();
const args = cliArguments(process.argv.slice(2));
const cli = spawn(process.execPath, [join(root, "dist", "cli", "main.js"), ...args], { stdio: "inherit" });
// Ctrl-C reaches the child as well, and the child decides when it is done.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => cli.kill("SIGTERM"));
cli.on("exit", (code) => process.exit(code ?? 1));
