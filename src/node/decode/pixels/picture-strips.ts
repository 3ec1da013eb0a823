import { DecodeError } from "../../../core/errors.js";
import { AvFrame, Filter, type FilterContext, FilterGraph } from "../../ffmpeg.js";

/** Strips of a picture, at most: more cost more than the wait for the first one that they save. */
const mostStrips = 8;

/** Rows of each strip when pictures of so many rows are cut: all alike and even, as 4:2:0 asks; `height` when that cannot be. */
export function rowsOfStrip(height: number): number {
  for (let count = mostStrips; count > 1; count--) {
    if (height % (2 * count) === 0) return height / count;
  }
  return height;
}

/**
 * Cuts FFmpeg's frames of one kind into strips that lie below each other, without copying samples.
 *
 * It is done by FFmpeg's crop filter: a frame's pointers to its samples cannot be moved from here.
 */
export class PictureStrips {
  /** Rows of each strip. */
  readonly rows: number;
  readonly #kind: string;
  readonly #graph = new FilterGraph();
  readonly #source: FilterContext;
  readonly #sinks: FilterContext[] = [];
  readonly #picture = new AvFrame();
  readonly #strip = new AvFrame();

  /** @param like a frame such as those that will be cut */
  constructor(like: AvFrame) {
    const { width, height } = like;
    this.rows = rowsOfStrip(height);
    this.#kind = kindOf(like);
    this.#picture.alloc();
    this.#strip.alloc();
    this.#graph.alloc();
    this.#graph.nbThreads = 1;
    this.#source = this.#filter("buffer", "in", this.#kind);
    const count = height / this.rows;
    const split = this.#filter("split", "split", String(count));
    link(this.#source, 0, split);
    for (let index = 0; index < count; index++) {
      const crop = this.#filter(
        "crop",
        `crop${index}`,
        `${width}:${this.rows}:0:${index * this.rows}:exact=1`,
      );
      const sink = this.#filter("buffersink", `out${index}`);
      link(split, index, crop);
      link(crop, 0, sink);
      this.#sinks.push(sink);
    }
    check(this.#graph.configSync());
  }

  /** Whether the frame is of the kind that this was made for. */
  fit(frame: AvFrame): boolean {
    return kindOf(frame) === this.#kind;
  }

  /** Calls `take` with each strip, from the top; it is valid during the call only. */
  cut(frame: AvFrame, take: (strip: AvFrame, index: number) => void): void {
    check(this.#picture.ref(frame));
    check(this.#source.buffersrcAddFrameSync(this.#picture));
    this.#picture.unref();
    this.#sinks.forEach((sink, index) => {
      check(sink.buffersinkGetFrameSync(this.#strip));
      take(this.#strip, index);
      this.#strip.unref();
    });
  }

  /** Frees FFmpeg's memory. */
  close(): void {
    this.#graph.free();
    this.#picture.free();
    this.#strip.free();
  }

  #filter(filter: string, name: string, args: string | null = null): FilterContext {
    const context = this.#graph.createFilter(Filter.getByName(filter)!, name, args);
    if (!context) throw new DecodeError("NALIVE_DECODE", `FFmpeg cannot make the filter ${filter}=${args}`);
    return context;
  }
}

/** What FFmpeg's source of frames must be told, and must not change. */
function kindOf({ width, height, format, colorSpace, colorRange }: AvFrame): string {
  return `video_size=${width}x${height}:pix_fmt=${format}:colorspace=${colorSpace}:range=${colorRange}:time_base=1/1`;
}

function link(from: FilterContext, output: number, to: FilterContext): void {
  check(from.link(output, to, 0));
}

function check(result: number): void {
  if (result < 0)
    throw new DecodeError("NALIVE_DECODE", `FFmpeg cannot cut a picture into strips (${result})`);
}
