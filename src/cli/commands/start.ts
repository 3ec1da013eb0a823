import type { Command } from "commander";
import { NaliveError } from "../../core/errors.js";
import { completeConfig } from "../../node/serve/config/read-config.js";
import type { RunningServer } from "../../node/serve/server.js";
import { startServerProcess, untilStopped } from "../server-process.js";
import { Terminal } from "../terminal.js";
import { shredBytes, startTestSender } from "../test-sender.js";
import { portNumber } from "./serve.js";

/** Name of the test camera's stream. */
const camera = "camera";

const usualPort = completeConfig({}).port;

/** `nalive start`, which `npm start` runs: a server with a camera, to look at. */
export function addStartCommand(program: Command): void {
  program
    .command("start")
    .summary("start a server with the built-in test camera")
    .description("Start a server with the built-in test camera, and print the address of its page.")
    .option(
      "--port <n>",
      `port to listen on (default ${usualPort}, or any free port if that is in use)`,
      portNumber,
    )
    .addHelpText("after", "\nExample:\n  nalive start --port 9000")
    .action(start);
}

async function start(given: { readonly port?: number }): Promise<void> {
  const terminal = new Terminal(false);
  const server = await startOnFreePort(given.port, terminal);
  const sender = startTestSender(`${server.url.replace("http", "ws")}/publish/${camera}`);
  sender.once("exit", (code, signal) => {
    // A terminal sends its signal to the camera, too.
    if (code !== 0 && signal !== "SIGTERM") terminal.line("nalive: the test camera failed");
  });
  for (const line of invitation(server.url)) terminal.line(line);
  try {
    await untilStopped(server);
  } finally {
    sender.kill();
  }
}

/** Uses any free port if the usual one is in use, but never another one than `asked`. */
async function startOnFreePort(asked: number | undefined, terminal: Terminal): Promise<RunningServer> {
  const serve = (port: number) => startServerProcess({ log: "warn", port });
  try {
    return await serve(asked ?? usualPort);
  } catch (error) {
    const isTaken = error instanceof NaliveError && error.code === "NALIVE_PORT_IN_USE";
    if (!isTaken || asked !== undefined) throw error;
    terminal.line(
      `nalive: port ${usualPort} is in use, perhaps by another nalive: using a free port instead`,
    );
    return serve(0);
  }
}

/** The address in a frame, and what to try next. */
function invitation(url: string): string[] {
  const text = `Open  ${url}`;
  const space = 6;
  const edge = "─".repeat(text.length + 2 * space);
  const row = (inner: string) => `  │${inner}│`;
  const empty = row(" ".repeat(edge.length));
  const margin = " ".repeat(space);
  return [
    "",
    `  ╭${edge}╮`,
    empty,
    row(`${margin}${bold(text)}${margin}`),
    empty,
    `  ╰${edge}╯`,
    "",
    `  It shows the built-in test camera, which publishes H.264 over a WebSocket in pieces of ${shredBytes} bytes.`,
    "",
    `  Your camera    ffmpeg … -c:v libx264 -tune zerolatency -f h264 ${url}/publish/NAME`,
    "  In a window    npm start -- demo",
    "  All commands   npm start -- --help",
    "  Stop           Ctrl-C",
    "",
  ];
}

const bold = (text: string) => (process.stderr.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
