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

/** Age at which coded pictures are dropped because this thread is behind, ms. */
const maxLagMs = 500;

const port = parentPort!;
const jpeg = new JpegEncoder();
const png = new PngEncoder();
let isEveryWanted = false;
let wanted: { readonly id: number; readonly format: ImageFormat }[] = [];
/** The newest whole picture. */
let newest: AvFrame | undefined;
let isLookDue = false;

// Read from below: messages → a queue → pictures → the newest one, once all that has come is decoded.
const outlet: Sink<FfmpegPicture> = {
  push({ frame }) {
    newest?.free();
    newest = frame.clone() ?? undefined;
    if (isEveryWanted || wanted.length > 0) lookSoon();
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
    case "every":
      isEveryWanted = command.isWanted;
      if (isEveryWanted) lookSoon();
      break;
    case "one":
      wanted.push(command);
      lookSoon();
      break;
    case "end":
      end();
      break;
  }
});

/** Looks at the newest picture once nothing waits to be decoded: an older one is not worth encoding. */
function lookSoon(): void {
  if (isLookDue) return;
  isLookDue = true;
  setImmediate(look);
}

function look(): void {
  isLookDue = false;
  if (queue.length > 0) {
    lookSoon();
    return;
  }
  if (!newest) return;
  if (isEveryWanted) emit({ type: "picture", image: jpeg.encode(newest) });
  for (const { id, format } of wanted) void answer(id, format, newest);
  wanted = [];
}

/** Nothing is left that would keep the thread alive. */
function end(): void {
  port.close();
  queue.abandon();
  queue.close();
  newest?.free();
  newest = undefined;
  jpeg.close();
  png.close();
}

/** The picture is read before this returns. */
async function answer(id: number, format: ImageFormat, picture: AvFrame): Promise<void> {
  const image = format === "png" ? await png.encode(picture) : jpeg.encode(picture);
  emit({ type: "one", id, image });
}

function emit(event: PictureEvent): void {
  port.postMessage(event, [event.image.buffer as ArrayBuffer]);
}
