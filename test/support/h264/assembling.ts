import { expect } from "vitest";
import { IssueCounter } from "../../../src/core/issues.js";
import type { AccessUnit } from "../../../src/h264/access-unit.js";
import {
  AccessUnitAssembler,
  type AccessUnitAssemblerOptions,
} from "../../../src/h264/access-units/access-unit-assembler.js";
import { AnnexBParser } from "../../../src/h264/access-units/annex-b-parser.js";
import type { Boundary, PictureInHand } from "../../../src/h264/access-units/picture-in-hand.js";
import { annexB, cut } from "../bytes.js";
import { CollectingSink } from "../collecting-sink.js";
import { FakeClock } from "../fake-clock.js";
import { parameterSets, type SliceSyntax, type StreamSyntax, sliceNal } from "./coded-picture.js";

/** An assembler behind a parser, and what it gives out. */
export function assemble(options: AccessUnitAssemblerOptions = {}, units = new CollectingSink<AccessUnit>()) {
  const issues = new IssueCounter();
  const clock = new FakeClock();
  const assembler = new AccessUnitAssembler(units, clock, issues, options);
  const told: (PictureInHand["kind"] | Boundary)[] = [];
  assembler.setListener({
    pictureInHand: ({ kind }) => void told.push(kind),
    boundary: (boundary) => void told.push(boundary),
  });
  const parser = new AnnexBParser(assembler, issues);
  const bytes = (data: Uint8Array) => parser.push({ data, receivedAt: clock.now(), framing: "none" });
  return {
    units,
    issues,
    clock,
    assembler,
    /** What the assembler reported about the picture in hand. */
    told,
    parser,
    bytes,
    nals: (...nals: Uint8Array[]) => bytes(annexB(...nals)),
    /** What `PictureEnd` does when it believes that a picture is complete. */
    guessEnd() {
      parser.endOpenNalUnit();
      return assembler.endPicture("silence");
    },
    endOfInput() {
      parser.endOfInput();
      assembler.endOfInput();
    },
  };
}

/**
 * The NAL unit types of each access unit that comes of these NAL units, in one piece or byte by
 * byte.
 */
export function typesOf(...nals: Uint8Array[]): number[][] {
  const typesFrom = (pieces: readonly Uint8Array[]) => {
    const { units, bytes, parser } = assemble();
    for (const piece of pieces) bytes(piece);
    parser.close();
    return units.items.map((unit) => unit.nalUnits.map(({ type }) => type));
  };
  const stream = annexB(...nals);
  const types = typesFrom([stream]);
  expect(typesFrom(cut(stream, [1]))).toEqual(types);
  return types;
}

/** An SPS and a PPS. */
export const sets = parameterSets();
export const idr = sliceNal({ idr: true });
/** A P picture of one slice. */
export const p = (frameNum: number, rest: SliceSyntax = {}, stream: StreamSyntax = {}) =>
  sliceNal({ frameNum, picOrderCntLsb: frameNum * 2, ...rest }, stream);
