import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../clock.js";
import { loadStreamDecoders } from "../../decode/load-decoders.js";
import { createSlotControl } from "../frames/frame-slots.js";
import { completeStreamOptions } from "../stream-options.js";
import type { EngineEvent } from "./engine-messages.js";
import { MessageBacklog } from "./message-backlog.js";
import { StreamEngine } from "./stream-engine.js";
import { warmUpWhenIdle } from "./warm-up.js";

describe("warmUpWhenIdle", () => {
  it("runs an engine from bytes to frames, and ends it", async () => {
    const makeDecoders = await loadStreamDecoders("thread");
    const events: EngineEvent[] = [];
    const backlog = new MessageBacklog(MessageBacklog.createMemory());
    warmUpWhenIdle(
      () => true,
      () =>
        new StreamEngine({
          kind: "live",
          options: completeStreamOptions({ maxLagMs: 10_000 }),
          control: createSlotControl(),
          frameBacklog: backlog,
          issueBacklog: backlog,
          clock: systemClock,
          makeDecoders,
          emit: (event) => events.push(event),
        }),
    );
    await vi.waitFor(() => expect(events.at(-1)?.type).toBe("closed"), 5000);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["frame", "closed"]));
    const { reason, statistics } = events.at(-1) as EngineEvent & { type: "closed" };
    expect(reason).toBeUndefined();
    expect(statistics).toMatchObject({ accessUnits: 2 + 2 * 6, issues: [] });
  });

  it("does nothing where bytes have come", async () => {
    const makeEngine = vi.fn();
    warmUpWhenIdle(() => false, makeEngine);
    await sleep(300);
    expect(makeEngine).not.toHaveBeenCalled();
  });
});
