import { describe, expect, it } from "vitest";
import { concat } from "../../../../test/support/bytes.js";
import { ppsNal, spsNal } from "../../../../test/support/h264/h264-syntax.js";
import { recognizeExtradata } from "./extradata.js";

const [sps, pps] = [spsNal(), ppsNal()];
const counted = (nal: Uint8Array) => concat(Uint8Array.of(nal.length >> 8, nal.length & 255), nal);
/** An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1.2). */
const record = concat(Uint8Array.of(1, 77, 0, 30, 0xff, 0xe1), counted(sps), Uint8Array.of(1), counted(pps));

describe("recognizeExtradata", () => {
  it.each([
    ["start codes of three bytes", concat(Uint8Array.of(0, 0, 1), sps), "annex-b"],
    ["start codes of four bytes", concat(Uint8Array.of(0, 0, 0, 1), sps), "annex-b"],
    ["a configuration record", record, "avcc"],
    ["one with the extension of High profile", concat(record, Uint8Array.of(0xfd, 0xf8, 0xf8, 0)), "avcc"],
    ["one without sets, which lie in the stream", Uint8Array.of(1, 77, 0, 30, 0xff, 0xe0, 0), "avcc"],
    ["nothing", new Uint8Array(0), "junk"],
    ["text", Buffer.from("JUNK from an old driver"), "junk"],
    ["zeros", new Uint8Array(16), "junk"],
    ["one byte", Uint8Array.of(1), "junk"],
    ["a record of another version", concat(Uint8Array.of(2), record.subarray(1)), "junk"],
  ])("takes %s for what it is", (_what, data, expected) => {
    expect(recognizeExtradata(data)).toBe(expected);
  });

  it("takes a record that was cut anywhere for junk", () => {
    for (let length = 0; length < record.length; length++)
      expect(recognizeExtradata(record.subarray(0, length))).toBe("junk");
  });

  it("takes a record whose sets are of another type for junk", () => {
    const swapped = concat(record.subarray(0, 6), counted(pps), Uint8Array.of(1), counted(sps));
    expect(recognizeExtradata(swapped)).toBe("junk");
  });
});
