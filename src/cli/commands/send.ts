import type { Command } from "commander";
import { IssueCounter } from "../../core/issues.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { receiveAccessUnits } from "../../h264/access-units/receive-access-units.js";
import { systemClock } from "../../node/clock.js";
import { cutPictures } from "../../node/source/files/cut-pictures.js";
import { FirstBytes } from "../../node/source/first-bytes.js";
import { openSource } from "../../node/source/open-source.js";
import type { Source } from "../../node/source/source.js";
import { sourceBytes } from "../../node/source/source-bytes.js";
import { openTarget } from "../../node/target/open-target.js";
import { PacedSender, type PictureToSend } from "../../node/target/paced-sender.js";
import { nothingFound } from "../nothing-found.js";
import { onStopSignal } from "../stop-signals.js";
import { positive, wholeNumber } from "../stream-arguments.js";
import { Terminal } from "../terminal.js";

interface SendArguments {
  readonly fps?: number;
  readonly loop?: true;
  readonly chunk?: number;
  readonly reconnect: boolean;
  readonly quiet?: true;
}

/** Pictures per second of a file whose SPS states no rate. */
const defaultRate = 25;

/** A rate above that of any camera, so that pictures of a live source go out as they arrive. */
const unpacedRate = 1000;

/** Adds `nalive send SOURCE TARGET`: a file or a camera as a live sender. */
export function addSendCommand(program: Command): void {
  program
    .command("send <source> <target>")
    .summary("send a file or the test camera as a live stream")
    .description("Send a file or the test camera as a live stream: one picture at a time, in real time.")
    .option(
      "--fps <n>",
      `pictures per second of a file (default: its SPS's rate, or ${defaultRate})`,
      positive,
    )
    .option("--loop", "start again at the end")
    .option("--chunk <bytes>", "cut each picture into pieces of at most this size", wholeNumber)
    .option("--no-reconnect", "end when the receiver leaves or cannot be reached")
    .option("--quiet", "print errors only")
    .addHelpText("after", examples)
    .action(send);
}

const examples = `
Targets: tcp://HOST:PORT, ws://HOST:PORT/PATH, unix:/PATH (each with ?listen to wait for receivers),
udp://HOST:PORT, a file, or - for standard output. A WebSocket sends one message per picture, or per
piece with --chunk. The test camera sends a key frame when a WebSocket receiver asks for one.

Examples:
  nalive send clip.h264 tcp://127.0.0.1:5000 --loop
  nalive send "test:?size=640x480&bframes=2" ws://127.0.0.1:8080/ --chunk 1400`;

async function send(name: string, targetName: string, given: SendArguments): Promise<void> {
  const terminal = new Terminal(given.quiet === true);
  let source = openSource(name, { reconnect: false });
  const { kind } = source;
  const target = openTarget(targetName, {
    reconnect: given.reconnect,
    onState: (state) => terminal.state(state),
    onKeyFrameRequest: () => source.requestKeyFrame("a receiver asked for one"),
  });
  const rate = kind === "file" ? ((await statedRate(name)) ?? defaultRate) : unpacedRate;
  const sender = new PacedSender(target, {
    fps: given.fps ?? rate,
    ...(given.loop ? { loop: true } : {}),
    ...(given.chunk === undefined ? {} : { chunkBytes: given.chunk }),
  });
  onStopSignal(() => sender.stop());
  const { pictures, bytes } = await sender.run(() => {
    source = openSource(name, { reconnect: false });
    return picturesOf(source);
  });
  terminal.line(
    `nalive: sent ${pictures} ${pictures === 1 ? "picture" : "pictures"}, ${(bytes / 1e6).toFixed(2)} MB`,
  );
}

function picturesOf(source: Source): AsyncIterable<PictureToSend> {
  const bytes = sourceBytes(source);
  return source.kind === "file" ? cutPictures(bytes) : asTheyArrive(bytes);
}

async function* asTheyArrive(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<PictureToSend> {
  for await (const data of bytes) yield { data };
}

/**
 * Pictures per second of a file by the SPS of its first picture.
 * @throws NaliveError `NALIVE_NOT_H264` or `NALIVE_NO_PICTURE` for a file without a picture
 */
async function statedRate(name: string): Promise<number | undefined> {
  let first: AccessUnit | undefined;
  const sink = {
    push: (unit: AccessUnit) => {
      first ??= unit;
    },
    close: () => undefined,
  };
  const issues = new IssueCounter();
  const firstBytes = new FirstBytes();
  const { input, parser } = receiveAccessUnits(sink, systemClock, issues, { isLive: false });
  const source = openSource(name, { reconnect: false });
  for await (const data of sourceBytes(source)) {
    firstBytes.push(data);
    input.push({ data, receivedAt: systemClock.now(), framing: "none" });
    if (first) break;
  }
  if (!first) input.close();
  if (!first) throw nothingFound(source, firstBytes, parser.foundStartCode, issues);
  return first.format.pictureRate;
}
