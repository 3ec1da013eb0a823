import { IssueCounter } from "../../../core/issues.js";
import { microseconds } from "../../../core/time.js";
import type { AccessUnit } from "../../../h264/access-unit.js";
import { AccessUnitAssembler } from "../../../h264/access-units/access-unit-assembler.js";
import { AnnexBParser } from "../../../h264/access-units/annex-b-parser.js";
import { systemClock } from "../../clock.js";

/**
 * When this many bytes hold no picture, they are passed on as they are: they can hardly be H.264.
 */
const maxPictureBytes = 64 * 1024 * 1024;

/** The bytes of one picture, or of both fields of one frame, as they stand in the stream. */
export interface PictureBytes {
  readonly data: Uint8Array;
}

/**
 * Cuts a raw H.264 stream at its pictures, whatever its chunks. Changes, loses and adds no byte.
 */
export async function* cutPictures(stream: AsyncIterable<Uint8Array>): AsyncGenerator<PictureBytes> {
  const starts: number[] = [];
  const issues = new IssueCounter();
  const sink = {
    push(unit: AccessUnit) {
      if (unit.sequence > 0 && !unit.picture.secondField) starts.push(unit.position);
    },
    close() {},
  };
  const parser = new AnnexBParser(new AccessUnitAssembler(sink, systemClock, issues), issues);
  let held: Uint8Array = new Uint8Array(0);
  let heldFrom = 0;

  function* pictures(): Generator<PictureBytes> {
    for (const start of starts.splice(0)) {
      const length = start - startCodeBytes(held, start - heldFrom) - heldFrom;
      if (length <= 0) continue;
      yield { data: held.subarray(0, length) };
      held = held.subarray(length);
      heldFrom += length;
    }
  }

  for await (const data of stream) {
    held = held.length === 0 ? data : Buffer.concat([held, data]);
    parser.push({ data, receivedAt: microseconds(0), framing: "none" });
    yield* pictures();
    if (held.length > maxPictureBytes) {
      yield { data: held };
      heldFrom += held.length;
      held = new Uint8Array(0);
    }
  }
  parser.close();
  yield* pictures();
  if (held.length > 0) yield { data: held };
}

/**
 * Length of the start code before the NAL unit header at `at`: `00 00 01`, or with one more zero.
 */
function startCodeBytes(bytes: Uint8Array, at: number): number {
  return bytes[at - 4] === 0 ? 4 : 3;
}
