import { describe, expect, it } from "vitest";
import { initialState } from "../../../test/support/h264/slice-data/cabac-encoder.js";
import { initialValues } from "../../../test/support/h264/slice-data/cabac-tables.js";
import { contextCount, initializeContexts } from "./cabac-contexts.js";

/** States after initialisation: 255 where nothing was set. */
function statesOf(cabacInitIdc: number | undefined, sliceQpY: number, is444 = true): Uint8Array {
  const states = new Uint8Array(contextCount).fill(255);
  initializeContexts(states, cabacInitIdc, sliceQpY, is444);
  return states;
}

/** A state as `initializeContexts` writes it. */
const stateOf = (pStateIdx: number, valMps: number) => pStateIdx * 2 + valMps;

describe("initializeContexts", () => {
  it.each([
    ["I slices", undefined, 1024 - 49 - 1],
    ["cabac_init_idc 0", 0, 1023],
    ["cabac_init_idc 1", 1, 1023],
    ["cabac_init_idc 2", 2, 1023],
  ])(
    "9.3.1.1: starts every context with m and n of tables 9-12 to 9-33 at every SliceQPY: %s",
    (_, cabacInitIdc, count) => {
      const values = initialValues(cabacInitIdc);
      expect(values.size).toBe(count);
      for (let qp = 0; qp <= 51; qp++) {
        const states = statesOf(cabacInitIdc, qp);
        const wrong = [...values].filter(
          ([ctxIdx, [m, n]]) => states[ctxIdx] !== stateOf(...initialState(m, n, qp)),
        );
        expect(wrong, `at SliceQPY ${qp}`).toEqual([]);
      }
    },
  );

  // Each worked out by hand: preCtxState is ((m * SliceQPY) >> 4) + n.
  it.each([
    ["table 9-13: mb_skip_flag of a P slice, m 23, n 33", 11, 0, 26, 70 - 64, 1],
    ["table 9-12: m -28, n 127 rounds down", 6, undefined, 26, 81 - 64, 1],
    ["table 9-17: mb_qp_delta, m 0, n 41", 60, undefined, 40, 63 - 41, 0],
    ["preCtxState 63 is the last with valMPS 0", 61, undefined, 0, 0, 0],
    ["table 9-18: m -17, n 123 at SliceQPY 51", 85, undefined, 51, 68 - 64, 1],
    ["preCtxState is at most 126", 6, undefined, 0, 62, 1],
  ])("9.3.1.1: %s", (_, ctxIdx, cabacInitIdc, qp, pStateIdx, valMps) => {
    expect(statesOf(cabacInitIdc, qp)[ctxIdx]).toBe(stateOf(pStateIdx, valMps));
  });

  it("9.3.1.1: preCtxState is at least 1", () => {
    const values = [...initialValues(0)].filter(([, [m, n]]) => Math.floor((m * 51) / 16) + n < 1);
    expect(values.length).toBeGreaterThan(0);
    const states = statesOf(0, 51);
    for (const [ctxIdx] of values) expect(states[ctxIdx]).toBe(stateOf(62, 0));
  });

  it("9.3.1.1: SliceQPY counts as 0 below 0, as in streams of more than 8 bits, and as 51 above", () => {
    expect(statesOf(0, -12)).toEqual(statesOf(0, 0));
    expect(statesOf(0, 57)).toEqual(statesOf(0, 51));
    expect(statesOf(0, 0)).not.toEqual(statesOf(0, 1));
    expect(statesOf(0, 51)).not.toEqual(statesOf(0, 50));
  });

  it("sets ctxIdx 460 to 1023 for 4:4:4 only", () => {
    const all = statesOf(1, 30);
    const some = statesOf(1, 30, false);
    expect(some.subarray(0, 460)).toEqual(all.subarray(0, 460));
    expect(new Set(some.subarray(460))).toEqual(new Set([255]));
    expect(all.subarray(460)).not.toContain(255);
  });
});
