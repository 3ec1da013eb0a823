import { isDeepStrictEqual } from "node:util";
import { ProtocolError } from "../../../src/core/errors.js";
import { IssueCounter } from "../../../src/core/issues.js";
import type { Passing } from "../../../src/core/passing.js";
import { microseconds } from "../../../src/core/time.js";
import type { NumberedAccessUnit } from "../../../src/h264/access-unit.js";
import { receiveAccessUnits } from "../../../src/h264/access-units/receive-access-units.js";
import { GroupNumbering } from "../../../src/live/relay/group-numbering.js";
import {
  decodeAccessUnit,
  encodeAccessUnit,
  type ReceivedAccessUnit,
} from "../../../src/wire/access-unit-message.js";
import {
  readPublisherMessage,
  readServerMessage,
  readViewerMessage,
  writeControlMessage,
} from "../../../src/wire/control-message.js";
import { FakeClock } from "../../support/fake-clock.js";
import { Random } from "../../support/random.js";
import type { FuzzInput } from "../input.js";
import { mutateBytes } from "../mutate-bytes.js";
import { anyControlMessage, mutateJson } from "./control-messages.js";

/** Bytes of the header: each holds a field, so a change there is a change of one field's value. */
const headerBytes = 96;
const controlMessages = 200;

/**
 * Writes an input's access units as messages, changes them, and reads them: what was not changed
 * comes back as it was, all else is refused with a `ProtocolError` or keeps to the form. Control
 * messages of the same seed likewise.
 */
export function fuzzWireMessages(input: FuzzInput): void {
  const random = new Random(input.arrival, 2);
  let other: Uint8Array = new Uint8Array();
  for (const numbered of accessUnits(input.bytes).slice(0, 40)) {
    const message = encodeAccessUnit(numbered);
    checkSame(numbered, decodeAccessUnit(message));
    for (let count = 0; count < 8; count++) tryMessage(changed(message, random, other));
    other = message;
  }
  for (let count = 0; count < controlMessages; count++) {
    const text = mutateJson(writeControlMessage(anyControlMessage(random)), random);
    for (const read of [readServerMessage, readViewerMessage, readPublisherMessage]) {
      const message = orRefused(() => read(text));
      if (message && writeControlMessage(message).length > text.length * 8 + 1000)
        throw new Error(`growth: ${text} was read as ${writeControlMessage(message)}`);
    }
  }
}

function accessUnits(bytes: Uint8Array): Passing<NumberedAccessUnit>[] {
  const units: Passing<NumberedAccessUnit>[] = [];
  const numbering = new GroupNumbering(
    { push: (unit) => void units.push(unit), close() {} },
    new IssueCounter(),
  );
  const { input } = receiveAccessUnits(numbering, new FakeClock(), new IssueCounter());
  input.push({ data: bytes, receivedAt: microseconds(0), framing: "none" });
  input.close();
  return units;
}

function changed(message: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  if (random.chance(0.3)) return mutateBytes(message, random, other);
  const copy = message.slice();
  const view = new DataView(copy.buffer);
  for (let count = random.size(3); count > 0; count--) {
    const at = random.below(Math.min(headerBytes, copy.length - 8));
    const value = random.pick([0, 1, 2, 255, 65_535, 2 ** 31, 2 ** 32 - 1, random.below(2 ** 32)]);
    if (random.chance(0.4)) view.setUint8(at, value);
    else if (random.chance(0.7)) view.setUint32(at - (at % 4), value);
    else
      view.setFloat64(at - (at % 8), random.pick([value, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]));
  }
  return copy;
}

function tryMessage(message: Uint8Array): void {
  const received = orRefused(() => decodeAccessUnit(message));
  if (!received) return;
  const { data, nalUnits } = received.unit;
  let end = 0;
  for (const { offset, length } of nalUnits) {
    if (offset !== end + 4 || length < 1) throw new Error(`a NAL unit of ${length} bytes at ${offset}`);
    end = offset + length;
  }
  if (end !== data.length) throw new Error(`NAL units of ${end} bytes in ${data.length}`);
  if (data.buffer !== message.buffer) throw new Error("the data are no view of the message");
}

function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function checkSame({ group, object, unit }: Passing<NumberedAccessUnit>, received: ReceivedAccessUnit): void {
  const told = ({ data, parameterSets, position, picture, ...rest }: typeof unit) => {
    const { unsupported, ...sent } = picture;
    return JSON.parse(
      JSON.stringify({ ...rest, picture: sent, bytes: Buffer.from(data).toString("base64") }),
    );
  };
  if (
    group !== received.group ||
    object !== received.object ||
    !isDeepStrictEqual(told(unit), told(received.unit))
  )
    throw new Error(`access unit ${unit.sequence} came back differently`);
}
