import type { ColorDescription, FrameFormat } from "../../core/frame.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { reducedRatio, type SampleAspectRatio } from "../../h264/syntax/vui-parameters.js";
import type { PictureSink, PreparedPicture } from "../../live/decoding/pictures/picture-sink.js";
import { AVCOL_RANGE_JPEG, AvFrame } from "../ffmpeg.js";
import type { FfmpegPicture } from "./ffmpeg/ffmpeg-decoder.js";
import { PixelConverter, type PixelLayout } from "./pixels/pixel-converter.js";

/** An access unit without its bytes. */
export type CodedUnit = Omit<AccessUnit, "data" | "nalUnits" | "parameterSets">;

/** Everything about a picture but its samples. Plain and structured-clonable. */
export interface PictureDescription {
  /** The picture's access unit; of a pair of fields, that of the first. */
  readonly unit: CodedUnit;
  /** The access unit with its last byte: `unit`, or that of the second field. */
  readonly lastUnit: CodedUnit;
  /** Size of both, bytes. */
  readonly codedSize: number;
  /** How the samples lie in memory, in the requested format. */
  readonly layout: PixelLayout;
  /** Width to height of one sample; 1:1 when the stream does not say. */
  readonly sampleAspectRatio: SampleAspectRatio;
  /** Colour as the stream declares it. */
  readonly color: ColorDescription;
}

/** A picture whose samples can be written out. */
export interface WritablePicture extends PictureDescription {
  /** Writes its samples into `target`: at least `layout.size` bytes, which may be shared memory. */
  writeTo(target: Uint8Array): void;
}

/** A picture that is valid until it is freed. */
export interface KeptPicture extends WritablePicture {
  free(): void;
}

/** A whole picture, wherever it was decoded. Valid during `push` only. */
export interface OutputPicture extends WritablePicture {
  /** The same picture for later. The caller frees it. */
  keep(): KeptPicture;
}

/** Converts FFmpeg's pictures to the requested format, when the sink writes them out. */
export class PictureConverter implements PictureSink<FfmpegPicture> {
  readonly #sink: PictureSink<OutputPicture>;
  readonly #converter: PixelConverter;

  constructor(format: FrameFormat, sink: PictureSink<OutputPicture>) {
    this.#sink = sink;
    this.#converter = new PixelConverter(format);
  }

  push(picture: FfmpegPicture): void {
    this.#sink.push(this.#describe(picture));
  }

  prepare(picture: FfmpegPicture): PreparedPicture | undefined {
    return this.#sink.prepare?.(this.#describe(picture));
  }

  #describe({ frame: avFrame, unit, lastUnit }: FfmpegPicture): OutputPicture {
    const description: PictureDescription = {
      unit,
      lastUnit,
      codedSize: unit.data.length + (lastUnit === unit ? 0 : lastUnit.data.length),
      layout: this.#converter.layoutOf(avFrame),
      sampleAspectRatio: sampleAspectRatio(avFrame),
      color: colorDescription(avFrame),
    };
    return {
      ...description,
      writeTo: (target) => this.#converter.convert(avFrame, target),
      keep: () => this.#keep(description, avFrame),
    };
  }

  /** The decoder keeps its frame; this is a second reference to the same samples. */
  #keep(description: PictureDescription, avFrame: AvFrame): KeptPicture {
    const kept = new AvFrame();
    kept.alloc();
    kept.ref(avFrame);
    return {
      ...description,
      writeTo: (target) => this.#converter.convert(kept, target),
      free: () => kept.free(),
    };
  }

  close(reason?: Error): void {
    // The sink may have kept a picture that it writes now.
    this.#sink.close(reason);
    this.#converter.close();
  }
}

/** Colour as the stream declares it. */
export function colorDescription(frame: AvFrame): ColorDescription {
  return {
    matrixCoefficients: frame.colorSpace,
    colorPrimaries: frame.colorPrimaries,
    transferCharacteristics: frame.colorTrc,
    fullRange: frame.colorRange === AVCOL_RANGE_JPEG,
  };
}

/** Width to height of one sample, reduced; 1:1 when the stream does not say. */
export function sampleAspectRatio(frame: AvFrame): SampleAspectRatio {
  const { num, den } = frame.sampleAspectRatio;
  return num > 0 && den > 0 ? reducedRatio(num, den) : { width: 1, height: 1 };
}
