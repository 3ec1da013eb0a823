import { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { IssueCounter } from "../../../core/issues.js";
import type { Sink } from "../../../core/sink.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { OutputHistory } from "../../../live/decoding/pictures/output-history.js";
import { FfmpegDecoder } from "../ffmpeg/ffmpeg-decoder.js";
import { type CodedUnit, type OutputPicture, PictureConverter } from "../output-picture.js";
import {
  type DecoderCommand,
  type DecoderEvent,
  type DecoderReply,
  type DecoderStart,
  inherited,
} from "./decoder-messages.js";
import { loadLinux } from "./linux-system-calls.js";
import { MessageLink } from "./message-link.js";
import { inheritPictureMemory } from "./picture-memory.js";

// The decoding process: its decoders carry out commands and write their pictures into shared
// memory.

loadLinux()?.dieWithParent();
const memory = inheritPictureMemory(inherited.memory);
const socket = new Socket({ fd: inherited.link });
// The parent is gone, for whatever reason.
socket.on("close", () => process.exit());
socket.on("error", () => process.exit());
const link = new MessageLink<DecoderReply, DecoderCommand>(socket, (command) => {
  try {
    obey(command);
    link.send({ type: "done", events });
  } catch (error) {
    link.send({ type: "failed", message: String((error as Error)?.stack ?? error) });
    socket.end();
  }
});

let makeDecoder: () => FfmpegDecoder;
const decoders: FfmpegDecoder[] = [];
let latest: AccessUnit | undefined;
/** What the current command led to so far. */
let events: DecoderEvent[] = [];
/** Bytes of memory that its pictures take. */
let used = 0;

function obey(command: DecoderCommand): void {
  events = [];
  used = 0;
  if (command.type === "start") {
    prepare(command.start);
    return;
  }
  decoders[command.decoder] ??= makeDecoder();
  const decoder = decoders[command.decoder]!;
  decoder.muted = command.muted;
  if (command.type === "push") decoder.push(withSameObjects(command.unit));
  else decoder[command.type]();
}

/**
 * Restores the identity of objects that did not change since the access unit before: later stages
 * compare by it.
 */
function withSameObjects(unit: AccessUnit): AccessUnit {
  const { format, parameterSets } = latest ?? unit;
  latest = {
    ...unit,
    format: isDeepStrictEqual(format, unit.format) ? format : unit.format,
    parameterSets: isDeepStrictEqual(parameterSets, unit.parameterSets) ? parameterSets : unit.parameterSets,
  };
  return latest;
}

function prepare({ format, options, outputHistory, sinceMarkedStart }: DecoderStart): void {
  const issues = new IssueCounter((code, detail) => events.push({ type: "issue", code, detail }));
  const pictures: Sink<OutputPicture> = { push: sendPicture, close: () => undefined };
  const converter = new PictureConverter(format, pictures);
  const settings = { ...options, outputHistory: new OutputHistory(outputHistory), sinceMarkedStart };
  makeDecoder = () => new FfmpegDecoder(converter, issues, settings);
}

function sendPicture({ writeTo, keep: _, ...described }: OutputPicture): void {
  const { unit, lastUnit, layout } = described;
  const offset = used;
  used += layout.size;
  memory.write(offset, layout.size, writeTo);
  const description = { ...described, unit: withoutBytes(unit), lastUnit: withoutBytes(lastUnit) };
  events.push({ type: "picture", description, offset });
}

function withoutBytes(unit: CodedUnit): CodedUnit {
  const { data: _data, nalUnits: _nalUnits, parameterSets: _parameterSets, ...rest } = unit as AccessUnit;
  return rest;
}
