import { expect } from "vitest";
import { IssueCounter } from "../../src/core/issues.js";
import type { AccessUnit } from "../../src/h264/access-unit.js";
import type { LineDecoder } from "../../src/live/decoding/pictures/line-decoder.js";
import { PictureLine, type PictureLineOptions } from "../../src/live/decoding/pictures/picture-line.js";
import type { DecodedPicture, PreparedPicture } from "../../src/live/decoding/pictures/picture-sink.js";
import { CollectingSink } from "./collecting-sink.js";
import { type AccessUnitSyntax, accessUnit } from "./h264/access-units.js";

interface Frame {
  readonly sequence: number;
}

/** Decodes nothing: says of each access unit what it was told to. */
class ScriptedDecoder implements LineDecoder<Frame> {
  line!: PictureLine<Frame>;
  /** False: frames come when `give` is called. */
  answersAtOnce = true;
  readonly refused = new Set<number>();
  readonly declined = new Set<number>();
  readonly damaged = new Set<number>();
  readonly missing = new Set<number>();
  readonly calls: string[] = [];
  /** Frames that the line has, or has given out. */
  readonly unreleased = new Set<Frame>();
  readonly output: number[] = [];

  send({ sequence }: AccessUnit): "sent" | "refused" | "declined" {
    if (this.declined.has(sequence)) return "declined";
    this.calls.push(`send ${sequence}`);
    return this.refused.has(sequence) ? "refused" : "sent";
  }

  ask({ sequence }: AccessUnit): boolean {
    this.calls.push(`ask ${sequence}`);
    if (this.answersAtOnce && !this.missing.has(sequence)) this.give(sequence);
    return this.answersAtOnce;
  }

  renew(): void {
    this.calls.push("renew");
  }

  release(frame: Frame, wasOutput: boolean): void {
    expect(this.unreleased.delete(frame)).toBe(true);
    if (wasOutput) this.output.push(frame.sequence);
  }

  give(sequence: number): boolean {
    const frame = { sequence };
    this.unreleased.add(frame);
    return this.line.decoded(sequence, frame, this.damaged.has(sequence));
  }
}

export function makeLine(options: PictureLineOptions<Frame> & { prepares?: boolean } = {}) {
  const decoder = new ScriptedDecoder();
  const issues = new IssueCounter();
  const held: number[] = [];
  const prepared: number[] = [];
  const sink = Object.assign(new CollectingSink<DecodedPicture<Frame>>(), {
    prepare: options.prepares ? prepare : undefined,
  });
  function prepare(picture: DecodedPicture<Frame>): PreparedPicture {
    prepared.push(picture.unit.sequence);
    return {
      output: () => sink.items.push(picture) > 0,
      discard: () => prepared.splice(prepared.indexOf(picture.unit.sequence), 1),
    };
  }
  const line = new PictureLine(decoder, sink as CollectingSink<DecodedPicture<Frame>>, issues, {
    onHeldBack: ({ sequence }) => held.push(sequence),
    ...options,
  });
  decoder.line = line;
  return {
    decoder,
    line,
    held,
    prepared,
    given: sink.items,
    push: (...units: AccessUnit[]) => units.forEach((unit) => void line.push(unit)),
    sequences: () => sink.items.map(({ unit }) => unit.sequence),
    codes: () => issues.list().map(({ code }) => code),
  };
}

/** A unit by its number; its picture order count goes up by two unless given. */
export const unitAt = (sequence: number, { picture, ...rest }: AccessUnitSyntax = {}) =>
  accessUnit({
    sequence,
    ...rest,
    picture: { frameNum: sequence % 16, pictureOrderCount: 2 * sequence, ...picture },
  });
export const idr = (sequence: number) =>
  unitAt(sequence, { picture: { idr: true, frameNum: 0, pictureOrderCount: 0 } });
/** An IDR picture and P pictures: `count` in all. */
export const group = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) =>
    index === 0
      ? idr(first)
      : unitAt(first + index, { picture: { frameNum: index % 16, pictureOrderCount: 2 * index } }),
  );
/** I P b P b: in decoding order, each b between the P pictures. */
export const withB = (): AccessUnit[] => [
  idr(0),
  unitAt(1, { picture: { frameNum: 1, pictureOrderCount: 4 } }),
  unitAt(2, { picture: { frameNum: 2, pictureOrderCount: 2, reference: false, type: "B" } }),
  unitAt(3, { picture: { frameNum: 2, pictureOrderCount: 8 } }),
  unitAt(4, { picture: { frameNum: 3, pictureOrderCount: 6, reference: false, type: "B" } }),
];
/** Their sequence numbers in output order. */
export const inOrder = [0, 2, 1, 4, 3];
/** Pairs of fields, from an IDR picture on. */
export const fields = (pairs: number): AccessUnit[] =>
  Array.from({ length: 2 * pairs }, (_, sequence) => {
    const [frame, secondField] = [sequence >> 1, sequence % 2 === 1];
    const structure = secondField ? "bottom-field" : "top-field";
    const idr = sequence === 0;
    return unitAt(sequence, {
      picture: {
        structure,
        secondField,
        idr,
        frameNum: frame % 16,
        pictureOrderCount: 2 * frame + +secondField,
      },
    });
  });
export const guessed = (unit: AccessUnit): AccessUnit => ({ ...unit, endedBy: "silence" });
