import { spawn } from "node:child_process";
import type { Command } from "commander";
import { openLiveSource } from "../../node/serve/config/live-source.js";
import { startServerProcess, untilStopped } from "../server-process.js";
import { Terminal } from "../terminal.js";

/** Name of the only stream. */
const name = "view";

/** `nalive view SOURCE`: serves one source to this machine and opens the browser. */
export function addViewCommand(program: Command): void {
  program
    .command("view <source>")
    .summary("show a source in the browser")
    .description("Serve one source to this machine, and show it in the browser.")
    .option("--no-open", "print the address, do not open the browser")
    .addHelpText("after", "\nExample:\n  nalive view test:")
    .action(view);
}

async function view(source: string, given: { readonly open: boolean }): Promise<void> {
  openLiveSource(source);
  const terminal = new Terminal(false);
  const server = await startServerProcess({ port: 0, log: "warn", sources: { [name]: source } });
  const page = `${server.url}/watch/${name}`;
  terminal.line(`nalive: watch at ${page}`);
  if (given.open) openBrowser(page);
  await untilStopped(server);
}

/** Asks the system to open the address. If it cannot, the address stands in the terminal. */
function openBrowser(url: string): void {
  const { platform } = process;
  const [command, ...args] =
    platform === "win32"
      ? ["cmd", "/c", "start", "", url]
      : [platform === "darwin" ? "open" : "xdg-open", url];
  spawn(command!, args, { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
