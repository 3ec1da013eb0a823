import { IssueCounter } from "../../src/core/issues.js";
import { type AccessUnit, memoryOf } from "../../src/h264/access-unit.js";
import { DecodeQueue } from "../../src/live/decoding/decode-queue.js";
import type { DecodeQueueOptions } from "../../src/live/decoding/decode-queue-options.js";
import type { Decoder } from "../../src/live/decoding/decoder.js";
import { FakeClock } from "./fake-clock.js";
import { type AccessUnitSyntax, accessUnit } from "./h264/access-units.js";

/** Records its calls: `push` as the sequence number, others by name. */
class FakeDecoder implements Decoder {
  readonly queueSize = 0;
  readonly calls: (number | string)[] = [];
  readonly units: AccessUnit[] = [];
  /** Sequence numbers of pictures that it was told to leave out. */
  readonly passedOver: number[] = [];
  reason: Error | undefined;
  onPush = () => {};

  push(unit: AccessUnit): void {
    if (unit.leaveOut === "picture") {
      this.passedOver.push(unit.sequence);
      return;
    }
    this.calls.push(unit.sequence);
    this.units.push(unit);
    this.onPush();
  }
  confirmEnd(): void {}
  reset(): void {
    this.calls.push("reset");
  }
  flush(): void {
    this.calls.push("flush");
  }
  close(reason?: Error): void {
    this.calls.push("close");
    this.reason = reason;
  }
}

/** A queue before a `FakeDecoder`. The event loop turns only when a test says so. */
export function makeQueue(options: Partial<DecodeQueueOptions> = {}) {
  const decoder = new FakeDecoder();
  const clock = new FakeClock();
  const issues = new IssueCounter();
  const turns: (() => void)[] = [];
  const room = { isThere: true };
  const queue = new DecodeQueue(decoder, clock, issues, {
    maxLagMs: undefined,
    later: (run) => turns.push(run),
    mayDecode: () => room.isThere,
    ...options,
  });
  /** Runs one turn of the event loop. @returns false when it was idle */
  const turn = () => {
    const due = turns.splice(0);
    for (const run of due) run();
    return due.length > 0;
  };
  const idle = () => {
    while (turn());
  };
  const unit = (sequence: number, syntax: AccessUnitSyntax = {}) =>
    accessUnit({
      sequence,
      data: new Uint8Array(100),
      completeAt: clock.now(),
      lastByteAt: clock.now(),
      ...syntax,
    });
  return { decoder, clock, issues, queue, room, turn, idle, unit };
}

export const idr = { picture: { idr: true } } as const;
/** Memory of an access unit that `unit` makes. */
export const unitBytes = memoryOf(accessUnit({ data: new Uint8Array(100) }));
export const disposable = { picture: { reference: false } } as const;
