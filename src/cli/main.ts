#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { NaliveError } from "../core/errors.js";
import { addDecodeCommand } from "./commands/decode.js";
import { addDemoCommand } from "./commands/demo.js";
import { addPlayCommand } from "./commands/play.js";
import { addProbeCommand } from "./commands/probe.js";
import { addSendCommand } from "./commands/send.js";
import { addServeCommand } from "./commands/serve.js";
import { addStartCommand } from "./commands/start.js";
import { addViewCommand } from "./commands/view.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("nalive")
  .description("Live raw H.264 in, pictures out, at once.")
  .version(version)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: ./, asSentence)) })
  .showHelpAfterError("Run `nalive --help` for usage.")
  .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 100, 100) })
  .addHelpText("after", sources());

addPlayCommand(program);
addDecodeCommand(program);
addSendCommand(program);
addServeCommand(program);
addViewCommand(program);
addProbeCommand(program);
addDemoCommand(program);
addStartCommand(program);
for (const command of program.commands) {
  command.showHelpAfterError(`Run \`nalive ${command.name()} --help\` for usage.`);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`nalive: ${explain(error)}\n`);
}

/** Commander's errors begin like nalive's. */
function asSentence(beginning: string): string {
  return beginning.replace("error: ", "nalive: ").replace(/.$/, (letter) => letter.toUpperCase());
}

function explain(error: unknown): string {
  if (error instanceof NaliveError) return `${error.message} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function sources(): string {
  return `
Sources:
  tcp://HOST:PORT               connect, and again when the connection breaks
  tcp://ADDRESS:PORT?listen     wait for senders
  ws://HOST:PORT/PATH           connect to a WebSocket, wss:// too; ?listen waits for senders
  udp://ADDRESS:PORT            receive datagrams
  unix:/PATH                    connect to a Unix socket; ?listen waits for senders
  exec:COMMAND                  run a command that writes H.264: rpicam-vid, adb, ffmpeg
  -                             standard input
  FILE                          a file, every picture; --live FPS plays it as a camera
  test:?size=1280x720&fps=30    a synthetic camera: size, fps, gop, bframes, slices, bitrate
  rtsp://…, srt://…, FILE.mp4   anything else with H.264 that FFmpeg opens

Example:
  nalive play "tcp://0.0.0.0:5000?listen" --stats`;
}
