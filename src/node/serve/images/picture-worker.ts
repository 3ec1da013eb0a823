import { parentPort } from "node:worker_threads";
import { IssueCounter } from "../../../core/issues.js";
import type { Sink } from "../../../core/sink.js";
import { DecodeQueue } from "../../../live/decoding/decode-queue.js";
import { decodeAccessUnit } from "../../../wire/access-unit-message.js";
import { systemClock } from "../../clock.js";
import { FfmpegDecoder, type FfmpegPicture } from "../../decode/ffmpeg/ffmpeg-decoder.js";
import type { AvFrame } from "../../ffmpeg.js";
import { JpegEncoder } from "./jpeg-encoder.js";
import type { ImageFormat, PictureCommand, PictureEvent } from "./picture-messages.js";
import { PngEncoder } from "./png-encoder.js";

/** When this thread falls behind, it drops coded pictures older than this, ms. */
const maxLagMs = 500;

const port = parentPort!;
const jpeg = new JpegEncoder();
const png = new PngEncoder();
let isEveryWanted = false;
let requests: { readonly id: number; readonly format: ImageFormat }[] = [];
/** The newest whole picture; this thread owns it. */
let newest: AvFrame | undefined;
let isOutputDue = false;

// Built from the far end: messages → queue → pictures → the newest one, once everything that has
// arrived is decoded.
const outlet: Sink<FfmpegPicture> = {
  push({ frame }) {
    newest?.free();
    newest = frame.clone() ?? undefined;
    if (isEveryWanted || requests.length > 0) outputSoon();
  },
  close: () => undefined,
};
const issues = new IssueCounter();
const queue = new DecodeQueue(new FfmpegDecoder(outlet, issues), systemClock, issues, {
  maxLagMs,
  later: (run) => void setImmediate(run),
  mayDecode: () => true,
});

port.on("message", (command: PictureCommand) => {
  switch (command.type) {
    case "unit":
      queue.push(decodeAccessUnit(command.message).unit);
      break;
    case "flush":
      queue.flush();
      break;
    case "every":
      isEveryWanted = command.isWanted;
      if (isEveryWanted) outputSoon();
      break;
    case "one":
      requests.push(command);
      outputSoon();
      break;
    case "end":
      end();
      break;
  }
});

/** Encodes the newest picture once the queue is empty: an older one is not worth encoding. */
function outputSoon(): void {
  if (isOutputDue) return;
  isOutputDue = true;
  setImmediate(output);
}

function output(): void {
  isOutputDue = false;
  if (queue.length > 0) {
    outputSoon();
    return;
  }
  if (!newest) return;
  if (isEveryWanted) emit({ type: "picture", image: jpeg.encode(newest) });
  for (const { id, format } of requests) void answer(id, format, newest);
  requests = [];
}

/** Closes everything that keeps the thread alive. */
function end(): void {
  port.close();
  queue.abandon();
  queue.close();
  newest?.free();
  newest = undefined;
  jpeg.close();
  png.close();
}

/** Reads the picture before it returns its promise. */
async function answer(id: number, format: ImageFormat, picture: AvFrame): Promise<void> {
  const image = format === "png" ? await png.encode(picture) : jpeg.encode(picture);
  emit({ type: "one", id, image });
}

function emit(event: PictureEvent): void {
  port.postMessage(event, [event.image.buffer as ArrayBuffer]);
}
