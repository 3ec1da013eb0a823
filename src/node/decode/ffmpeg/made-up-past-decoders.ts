import type { AccessUnit } from "../../../h264/access-unit.js";
import type { MadeUpPast } from "../../../h264/access-units/made-up-past.js";
import { type AvFrame, type CodecContext, Packet } from "../../ffmpeg.js";
import { endOfSequence, newFrame, noPicture, openContext } from "./codec-context.js";

/** A decoder and its latest picture. */
interface Other {
  readonly context: CodecContext;
  readonly avFrame: AvFrame;
  hasPicture: boolean;
}

/**
 * Decoders that decode the same pictures as another one, each after a different past, to find out
 * what does not depend on the past (`GradualRefresh`). For 8-bit 4:2:0 frames.
 */
export class MadeUpPastDecoders {
  readonly #others: readonly Other[];
  readonly #packet = new Packet();
  #needsParameterSets = true;

  /**
   * @param pasts what each decoder decodes first
   * @throws DecodeError when FFmpeg cannot open its decoder
   */
  constructor(pasts: readonly MadeUpPast[]) {
    this.#packet.alloc();
    this.#others = pasts.map((past) => {
      // Pictures can also refer to what cropping hides.
      const other = { context: openContext({ crop: false }), avFrame: newFrame(), hasPicture: false };
      for (const data of past) this.#decode(other, Buffer.from(data), noPicture);
      return other;
    });
  }

  /** Decodes the picture in all of them. */
  decode(unit: AccessUnit): void {
    const data = this.#needsParameterSets
      ? Buffer.concat([unit.parameterSets, unit.data])
      : Buffer.from(unit.data.buffer, unit.data.byteOffset, unit.data.byteLength);
    this.#needsParameterSets = false;
    for (const other of this.#others) this.#decode(other, data, BigInt(unit.sequence));
  }

  /**
   * True when all decoded the picture without damage, to the same samples as `avFrame`, which may
   * be cropped right and below.
   */
  isAlike(avFrame: AvFrame): boolean {
    const [first, ...rest] = this.#others;
    if (!first || !this.#others.every(isSound)) return false;
    const { width, height } = first.avFrame;
    return (
      equal(avFrame, first.avFrame, avFrame.width, avFrame.height) &&
      rest.every((other) => equal(first.avFrame, other.avFrame, width, height))
    );
  }

  close(): void {
    this.#packet.free();
    for (const { context, avFrame } of this.#others) {
      avFrame.free();
      context.freeContext();
    }
  }

  #decode(other: Other, data: Buffer, pts: bigint): void {
    other.hasPicture = false;
    this.#packet.data = data;
    this.#packet.pts = pts;
    if (other.context.sendPacketSync(this.#packet) < 0) return;
    this.#packet.data = endOfSequence;
    other.context.sendPacketSync(this.#packet);
    // If several come, the last one is the picture that was sent.
    for (;;) {
      const avFrame = other.avFrame;
      avFrame.unref();
      if (other.context.receiveFrameSync(avFrame) < 0) return;
      other.hasPicture = avFrame.pts === pts;
      if (other.hasPicture) return;
    }
  }
}

function isSound({ hasPicture, avFrame }: Other): boolean {
  return hasPicture && avFrame.decodeErrorFlags === 0;
}

/** True when the first `width` columns and `height` rows are alike. */
function equal(one: AvFrame, other: AvFrame, width: number, height: number): boolean {
  const [data, otherData] = [one.data!, other.data!];
  return [0, 1, 2].every((plane) => {
    const columns = plane === 0 ? width : (width + 1) >> 1;
    const rows = plane === 0 ? height : (height + 1) >> 1;
    return equalRows(
      { data: data[plane]!, stride: one.linesize[plane]! },
      { data: otherData[plane]!, stride: other.linesize[plane]! },
      columns,
      rows,
    );
  });
}

interface Plane {
  readonly data: Buffer;
  readonly stride: number;
}

function equalRows(one: Plane, other: Plane, columns: number, rows: number): boolean {
  for (let row = 0; row < rows; row++) {
    const from = row * one.stride;
    const otherFrom = row * other.stride;
    if (one.data.compare(other.data, otherFrom, otherFrom + columns, from, from + columns) !== 0)
      return false;
  }
  return true;
}
