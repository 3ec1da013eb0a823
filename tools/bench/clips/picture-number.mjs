// Each picture carries its number as 24 black or white blocks, so that a reader knows by content which one it got.

const blockSize = 16;
const blocksPerRow = 12;
const blockRows = 2;
const numberBits = 16;

/** Size of the code in the top left corner of a picture. */
export const codeWidth = blockSize * blocksPerRow;
export const codeHeight = blockSize * blockRows;

/** The code as 8-bit grey samples. */
export function drawNumber(number) {
  const code = (number << 8) | checkOf(number);
  const samples = Buffer.alloc(codeWidth * codeHeight);
  for (let y = 0; y < codeHeight; y++) {
    for (let x = 0; x < codeWidth; x++) {
      const block = Math.floor(y / blockSize) * blocksPerRow + Math.floor(x / blockSize);
      samples[y * codeWidth + x] = (code >> (23 - block)) & 1 ? 235 : 16;
    }
  }
  return samples;
}

/**
 * Reads the number from a frame whose first plane has `bytesPerPixel` (3 for bgr24, 1 for planar formats).
 * @returns undefined when the check bits do not agree: the picture is damaged
 */
export function readNumber(frame, width, bytesPerPixel) {
  let code = 0;
  for (let block = 0; block < 24; block++) {
    const x = (block % blocksPerRow) * blockSize + blockSize / 2;
    const y = Math.floor(block / blocksPerRow) * blockSize + blockSize / 2;
    code = (code << 1) | (frame[(y * width + x) * bytesPerPixel] > 127 ? 1 : 0);
  }
  const number = code >> 8;
  return (code & 0xff) === checkOf(number) ? number : undefined;
}

/** Differs for neighbours in many bits, so that a mixture of two pictures is not taken for a third. */
function checkOf(number) {
  return (Math.imul(number & ((1 << numberBits) - 1), 0x9e3779b1) >>> 24) ^ 0x5a;
}
