import { lend, type Passing, type PassingBytes } from "../../../core/passing.js";
import type { Sink } from "../../../core/sink.js";
import { type AccessUnit, isPossibleStart, type NumberedAccessUnit } from "../../../h264/access-unit.js";
import { splitAnnexB } from "../../../h264/annex-b.js";
import { codecString } from "../../../h264/syntax/codec-string.js";
import { NalUnitType } from "../../../h264/syntax/nal-unit.js";
import {
  parseSequenceParameterSet,
  reorderDepth,
  type SequenceParameterSet,
} from "../../../h264/syntax/sequence-parameter-set.js";
import { sampleAspectRatio } from "../../../h264/syntax/vui-parameters.js";
import type { Packing } from "../../../live/relay/packed-items.js";
import { decodeAccessUnit, encodeAccessUnit } from "../../../wire/access-unit-message.js";
import type { StreamConfig } from "../../../wire/control-message.js";
import { binaryFrame, longestFrameHeader, messageOf } from "../web-socket-frame.js";
import { colourInWords } from "./colour-words.js";

/**
 * An access unit with the WebSocket frame that every viewer gets. Its bytes are views of the frame,
 * so memory holds them once.
 */
export interface SealedUnit extends NumberedAccessUnit {
  /** Its message (`encodeAccessUnit`) as an unmasked WebSocket frame, the same for every viewer. */
  readonly frame: Uint8Array;
  /** The stream's configuration at this access unit; the same object until it changes. */
  readonly config: StreamConfig;
}

/** Stores a sealed unit as its frame, from which everything but the configuration can be read. */
export const sealedUnitPacking: Packing<Passing<SealedUnit>, SealedUnit, StreamConfig> = {
  bytes: ({ frame }) => frame,
  shared: ({ config }) => config,
  unpack(frame, config) {
    const { group, object, unit } = decodeAccessUnit(messageOf(frame));
    return { group, object, unit, frame, config };
  },
};

/** True if pictures of both may lie in one MP4 file. */
export function fitOneFile(one: StreamConfig, other: StreamConfig): boolean {
  return one.codec === other.codec && one.width === other.width && one.height === other.height;
}

/** Bytes to reserve before an access unit's data: enough for most message and frame headers. */
export const roomForHeaders = 256;

/**
 * Encodes each access unit once for all viewers. Each must have {@link roomForHeaders} free bytes
 * before its data: headers that fit go there, and nothing is copied.
 */
export class Sealer implements Sink<Passing<NumberedAccessUnit>> {
  readonly #sink: Sink<Passing<SealedUnit>>;
  #config: StreamConfig | undefined;
  #parameterSets: PassingBytes | undefined;

  constructor(sink: Sink<Passing<SealedUnit>>) {
    this.#sink = sink;
  }

  push(item: Passing<NumberedAccessUnit>): void {
    this.#updateConfig(item);
    const message = encodeAccessUnit(item, longestFrameHeader, roomForHeaders);
    const frame = binaryFrame(message);
    // If the message was written in place, the access unit already lies in it.
    const isInPlace = item.unit.data.buffer === message.buffer;
    const unit = isInPlace ? item.unit : decodeAccessUnit(lend(message)).unit;
    this.#sink.push({ group: item.group, object: item.object, unit, frame, config: this.#config! });
  }

  close(reason?: Error): void {
    this.#sink.close(reason);
  }

  /** Only a possible start of decoding can change the configuration of a decoder. */
  #updateConfig({ unit }: Passing<NumberedAccessUnit>): void {
    const isNew = isPossibleStart(unit) && unit.parameterSets !== this.#parameterSets;
    if (this.#config && !isNew) return;
    this.#parameterSets = unit.parameterSets;
    const config = configOf(unit);
    if (JSON.stringify(config) !== JSON.stringify(this.#config)) this.#config = config;
  }
}

function configOf({ parameterSets, format, picture }: Passing<AccessUnit>): StreamConfig {
  const sps = activeSps(parameterSets);
  const ratio = sps && sampleAspectRatio(sps.vui);
  const depth = sps ? reorderDepth(sps) : undefined;
  const colour = colourInWords(sps?.vui?.videoSignalType);
  return {
    codec: sps ? codecString(sps) : "avc1",
    width: format.width,
    height: format.height,
    sampleAspectRatio: ratio ?? { width: 1, height: 1 },
    ...(format.pictureRate === undefined ? {} : { pictureRate: format.pictureRate }),
    ...(depth === undefined ? {} : { reorderDepth: depth }),
    ...(colour === undefined ? {} : { colour }),
    ...(picture.unsupported === undefined ? {} : { unsupported: picture.unsupported }),
  };
}

/** The SPS among the parameter sets of a picture: only the active one goes with it. */
function activeSps(parameterSets: PassingBytes): SequenceParameterSet | undefined {
  const nal = splitAnnexB(lend(parameterSets)).find(
    (each) => (each[0]! & 0x1f) === NalUnitType.sequenceParameterSet,
  );
  return nal && parseSequenceParameterSet(nal);
}
