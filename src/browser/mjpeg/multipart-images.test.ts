import * as fc from "fast-check";
import { expect, it } from "vitest";
import { MultipartImages } from "./multipart-images.js";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

it("gives out the same images however the body was cut, those with heads in them too", () => {
  const images = ["\xff\xd8 one", "", "\xff\xd8 Content-Length: 3\r\n\r\ntwo", "x".repeat(5000)].map(bytes);
  const body = images.flatMap((image) => [
    ...bytes(`--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${image.length}\r\n\r\n`),
    ...image,
    ...bytes("\r\n"),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(body.length)), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), body.length];
      const reader = new MultipartImages();
      const found = places
        .slice(1)
        .flatMap((end, index) => reader.push(Uint8Array.from(body.slice(places[index]!, end))));
      expect(found).toEqual(images);
    }),
  );
});

it("does not gather without end what is something else", () => {
  expect(() => new MultipartImages().push(bytes("x".repeat(4096)))).toThrow("something else");
  expect(() => new MultipartImages().push(bytes("--b\r\n\r\n"))).toThrow("something else");
  const huge = "--b\r\nContent-Length: 99999999999\r\n\r\n";
  expect(() => new MultipartImages().push(bytes(huge))).toThrow("something else");
});
