import type { Command } from "commander";
import { NaliveError } from "../../core/errors.js";
import { completeConfig } from "../../node/serve/config/read-config.js";
import type { RunningServer } from "../../node/serve/server.js";
import { startServerProcess, untilStopped } from "../server-process.js";
import { Terminal } from "../terminal.js";
import { shredBytes, startTestSender } from "../test-sender.js";
import { portNumber } from "./serve.js";

/** What the test camera's stream is called. */
const camera = "camera";

const usualPort = 8264;

/** `nalive start`, which `npm start` runs: all of it at once, to look at. */
export function addStartCommand(program: Command): void {
  program
    .command("start")
    .description("a server, the built-in test camera publishing to it, and the address of the page to open")
    .option(
      "--port <n>",
      `listen on this port (default ${usualPort}, or any free one when that is in use)`,
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
    // A signal that ends this program may go to all of its group.
    if (code !== 0 && signal !== "SIGTERM") terminal.line("nalive: the test camera has failed");
  });
  for (const line of invitation(server.url)) terminal.line(line);
  try {
    await untilStopped(server);
  } finally {
    sender.kill();
  }
}

/** A port that was asked for is that one or none; the usual one may be another. */
async function startOnFreePort(asked: number | undefined, terminal: Terminal): Promise<RunningServer> {
  const serve = (port: number) => startServerProcess(completeConfig({ log: "warn", port }));
  try {
    return await serve(asked ?? usualPort);
  } catch (error) {
    const isTaken = error instanceof NaliveError && error.code === "NALIVE_PORT_IN_USE";
    if (!isTaken || asked !== undefined) throw error;
    terminal.line(
      `nalive: port ${usualPort} is in use, by another nalive perhaps: taking a free one instead`,
    );
    return serve(0);
  }
}

/** The address in a frame, and what else can be done. */
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
    `  The page shows the built-in test camera, live. It publishes H.264 over a WebSocket in pieces of ${shredBytes} bytes.`,
    "",
    `  Your own    ffmpeg … -c:v libx264 -tune zerolatency -f h264 ${url}/publish/NAME`,
    "  A window    npm start -- demo",
    "  The rest    npm start -- --help",
    "  The end     Ctrl-C",
    "",
  ];
}

const bold = (text: string) => (process.stderr.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
