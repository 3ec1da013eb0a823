import { describe, expect, it } from "vitest";
import { describeForeignBytes } from "../../src/node/source/sniff.js";

const bytes = (...parts: (string | number | number[])[]) =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from([part].flat()),
    ),
  );

describe("describeForeignBytes", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["MP4", bytes([0, 0, 0, 32], "ftypisom", Array(20).fill(0)), /^an MP4 file \(ftyp box\)/],
    ["JPEG", bytes([0xff, 0xd8, 0xff, 0xe0]), /^a JPEG image/],
    ["PNG", bytes("\x89PNG\r\n\x1a\n"), /^a PNG image/],
    ["Matroska", bytes([0x1a, 0x45, 0xdf, 0xa3]), /Matroska/],
    ["AVI", bytes("RIFF", [1, 2, 3, 4], "AVI LIST"), /AVI/],
    ["gzip", bytes([0x1f, 0x8b, 8]), /gzip.*unpack/],
    ["MPEG-TS", bytes(...Array(5).fill([0x47, ...Array(187).fill(0)])), /MPEG transport stream/],
    ["HTTP request", bytes("GET / HTTP/1.1\r\nHost: localhost\r\n"), /an HTTP request/],
    ["HTTP answer", bytes("HTTP/1.1 200 OK\r\n"), /an HTTP answer/],
    ["HTML", bytes("<!DOCTYPE html><html>"), /a web page/],
    ["text", bytes("Error: camera not found, giving up\n"), /^text \("Error: camera not found/],
    [
      "AVCC",
      bytes([0, 0, 0, 4, 0x67, 1, 2, 3, 0, 0, 0, 2, 0x68, 1, 0, 0, 0, 9, 0x65]),
      /lengths instead of start codes/,
    ],
    ["RTP", bytes([0x80, 0x60, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0x67, 0x42, 0]), /RTP packets/],
  ])("recognises %s", (_, head, expected) => {
    expect(describeForeignBytes(head)).toMatch(expected);
  });

  it.each<[string, Uint8Array]>([
    ["nothing", bytes()],
    ["Annex B", bytes([0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f])],
    ["Annex B with a short start code", bytes([0, 0, 1, 0x67, 0x42, 0xc0, 0x1f])],
    ["an access unit delimiter", bytes([0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x67])],
    ["a stream joined in the midst of a picture", bytes([0x9c, 0x42, 0xe0, 0x13, 0x77, 0xaa, 0x01, 0xfe])],
  ])("does not mistake %s", (_, head) => {
    expect(describeForeignBytes(head)).toBeUndefined();
  });
});
