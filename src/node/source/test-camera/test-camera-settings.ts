import { invalidUrl, type Query } from "../url-parts.js";

/** What the synthetic camera sends. */
export interface TestCameraSettings {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Pictures per second. */
  readonly fps: number;
  /** Pictures from one IDR picture to the next. */
  readonly gop: number;
  /** B pictures between two others. */
  readonly bFrames: number;
  readonly slices: number;
  /** Bits per second. */
  readonly bitrate: number;
  /** Chooses the colours and the path of the ball. */
  readonly seed: number;
  /** Pictures until it ends; undefined: never. */
  readonly frames: number | undefined;
  /** True: in real time. False: as fast as the receiver takes them. */
  readonly pace: boolean;
}

/** Reads the options of a `test:` address. */
export function parseTestCamera(query: Query): TestCameraSettings {
  const size = query.text("size") ?? "1280x720";
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(size)?.map(Number) ?? [];
  if (!isSide(width) || !isSide(height))
    throw invalidUrl(
      `test: option "size" is "${size}", expected two even numbers from 64 to 4096, as in 1280x720`,
    );
  return {
    width,
    height,
    fps: query.number("fps", { lowest: 1, highest: 240, whole: false }) ?? 30,
    gop: query.number("gop", { lowest: 1, highest: 100_000 }) ?? 60,
    bFrames: query.number("bframes", { lowest: 0, highest: 8 }) ?? 0,
    slices: query.number("slices", { lowest: 1, highest: 64 }) ?? 1,
    bitrate: query.number("bitrate", { lowest: 10_000, highest: 1e9, kilo: 1000 }) ?? 4_000_000,
    seed: query.number("seed", { lowest: 0, highest: 2 ** 31 }) ?? 1,
    frames: query.number("frames", { lowest: 1, highest: 2 ** 31 }),
    pace: query.flag("pace", true),
  };
}

function isSide(value: number | undefined): value is number {
  return value !== undefined && value >= 64 && value <= 4096 && value % 2 === 0;
}
