import type { ColorDescription, FrameFormat } from "../../core/frame.js";
import type { Sink } from "../../core/sink.js";
import type { AccessUnit } from "../../h264/access-unit.js";
import { AVCOL_RANGE_JPEG, type AvFrame } from "../ffmpeg.js";
import type { DecodedPicture } from "./ffmpeg-decoder.js";
import { PixelConverter, type PixelLayout } from "./pixel-converter.js";

/** An access unit without its bytes: what is told of it when its picture is out. */
export type CodedUnit = Omit<AccessUnit, "data" | "nalUnits" | "parameterSets">;

/** What is known of a picture besides its samples. Plain and structured-clonable. */
export interface PictureDescription {
  /** The access unit that it was coded in; of a pair of fields, the first. */
  readonly unit: CodedUnit;
  /** The access unit with its last byte: `unit`, or that of the second field. */
  readonly lastUnit: CodedUnit;
  /** Bytes of both. */
  readonly codedSize: number;
  /** How they lie in memory, in the format that was asked for. */
  readonly layout: PixelLayout;
  /** Width to height of one sample; 1:1 when the stream does not say. */
  readonly sampleAspectRatio: { readonly width: number; readonly height: number };
  /** Colour as the stream declares it. */
  readonly color: ColorDescription;
}

/** A whole picture on its way out, wherever it was decoded. Valid during `push` only. */
export interface OutputPicture extends PictureDescription {
  /** Writes its samples; `target` has at least `layout.size` bytes and may be shared memory. */
  writeTo(target: Uint8Array): void;
}

/** Makes FFmpeg's pictures ones in the format that was asked for. Those that nobody writes out are not converted. */
export class PictureConverter implements Sink<DecodedPicture> {
  readonly #sink: Sink<OutputPicture>;
  readonly #converter: PixelConverter;

  constructor(format: FrameFormat, sink: Sink<OutputPicture>) {
    this.#sink = sink;
    this.#converter = new PixelConverter(format);
  }

  push({ avFrame, unit, lastUnit }: DecodedPicture): void {
    this.#sink.push({
      unit,
      lastUnit,
      codedSize: unit.data.length + (lastUnit === unit ? 0 : lastUnit.data.length),
      layout: this.#converter.layoutOf(avFrame),
      sampleAspectRatio: sampleAspectRatio(avFrame),
      color: {
        matrixCoefficients: avFrame.colorSpace,
        colorPrimaries: avFrame.colorPrimaries,
        transferCharacteristics: avFrame.colorTrc,
        fullRange: avFrame.colorRange === AVCOL_RANGE_JPEG,
      },
      writeTo: (target) => this.#converter.convert(avFrame, target),
    });
  }

  close(reason?: Error): void {
    this.#converter.close();
    this.#sink.close(reason);
  }
}

function sampleAspectRatio(frame: AvFrame): { width: number; height: number } {
  const { num, den } = frame.sampleAspectRatio;
  return num > 0 && den > 0 ? { width: num, height: den } : { width: 1, height: 1 };
}
