import { expect, test } from "vitest";
import { parseSdlEvent, sdlEventSize } from "./sdl-event.js";

/** An event from its bytes in memory, padded with zeros. */
function parse(hex: string) {
  const bytes = new Uint8Array(sdlEventSize);
  bytes.set(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  return parseSdlEvent(new DataView(bytes.buffer));
}

const windowEvent = (code: string) => parse(`00020000 11223344 07000000 ${code}`);

test("reads the close button, a window that is uncovered or resized, and one out of sight", () => {
  expect(windowEvent("0e")).toEqual({ type: "close", windowId: 7 });
  for (const code of ["01", "03", "06", "09"]) {
    expect(windowEvent(code)).toEqual({ type: "redraw", windowId: 7 });
  }
  for (const code of ["02", "07"]) expect(windowEvent(code)).toEqual({ type: "hidden", windowId: 7 });
  expect(windowEvent("04")).toBeUndefined();
});

test("reads a key press, not its repetitions", () => {
  expect(parse("00030000 11223344 07000000 01000000 14000000 71000000")).toEqual({
    type: "key",
    windowId: 7,
    symbol: 0x71,
  });
  expect(parse("00030000 11223344 07000000 01010000 14000000 71000000")).toBeUndefined();
});

test("reads the end of the session, and the return of the graphics device", () => {
  expect(parse("00010000")).toEqual({ type: "quit" });
  expect(parse("01200000")).toEqual({ type: "device-reset" });
});

test("ignores all other events", () => {
  expect(parse("00040000 11223344 07000000")).toBeUndefined();
});
