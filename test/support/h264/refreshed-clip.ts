import type { Frame } from "node-av/lib";
import { IssueCounter } from "../../../dist/core/issues.js";
import { microseconds } from "../../../dist/core/time.js";
import type { AccessUnit } from "../../../dist/h264/access-unit.js";
import { receiveAccessUnits } from "../../../dist/h264/access-units/receive-access-units.js";
import { concat } from "../bytes.js";
import { encodeWithX264 } from "./x264.js";

/** A clip of libx264's. */
export interface ClipOptions {
  readonly x264: string;
  readonly frames: number;
  readonly width?: number;
  readonly height?: number;
  /** Another picture altogether from this one on. */
  readonly sceneChange?: number;
}

/**
 * Access units of a clip whose SEI messages were taken out: nothing but IDR pictures says where
 * decoding can start.
 */
export function clipWithoutSei(options: ClipOptions): AccessUnit[] {
  const bytes = withoutSei(encode(options));
  const units: AccessUnit[] = [];
  const sink = { push: (unit: AccessUnit) => void units.push(unit), close: () => undefined };
  const clock = { now: () => microseconds(0), startTimer: () => () => {} };
  const { input } = receiveAccessUnits(sink, clock, new IssueCounter(), { isLive: false });
  input.push({ data: bytes, receivedAt: microseconds(0), framing: "none" });
  input.close();
  return units;
}

function encode({ x264, frames, width = 160, height = 96, sceneChange = frames }: ClipOptions): Uint8Array {
  const settings = {
    width,
    height,
    pictures: frames,
    preset: "medium",
    tune: "zerolatency",
    bitRate: 120_000n,
  };
  const units = encodeWithX264({ ...settings, parameters: `sliced-threads=0:${x264}` }, (frame, number) =>
    draw(frame, number, number >= sceneChange),
  );
  return concat(...units);
}

/** Stripes that move, with a still part and sharp edges. */
function draw(frame: Frame, number: number, isOther: boolean): void {
  frame.data!.slice(0, 3).forEach((plane, index) => {
    const stride = frame.linesize[index]!;
    const scale = index === 0 ? 1 : 2;
    for (let row = 0; row < frame.height / scale; row++) {
      for (let column = 0; column < frame.width / scale; column++) {
        const [x, y] = [column * scale, row * scale];
        const moving = y < frame.height / 2 ? x + number * 5 : x;
        const bar = (moving >> 5) % 5;
        const texture = ((moving * 7) ^ (y * 13)) & 15;
        plane[row * stride + column] = isOther
          ? 220 - (((moving * 11) ^ (y * 3)) % 160)
          : 40 + bar * 40 + texture;
      }
    }
  });
}

function withoutSei(bytes: Uint8Array): Uint8Array {
  const starts: number[] = [];
  for (let at = 0; at + 3 < bytes.length; at++)
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) starts.push(at);
  const nals = starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
  return concat(...nals.filter((nal) => (nal[3]! & 31) !== 6));
}
