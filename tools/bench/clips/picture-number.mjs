// Each picture shows its number as 24 black or white blocks, so that a reader recognises it by its
// content. Runs in pages as well.

const blockSize = 16;
const blocksPerRow = 12;
const blockRows = 2;
const numberBits = 16;
const codeBits = blocksPerRow * blockRows;

/** Size of the code in the top left corner of a picture. */
export const codeWidth = blockSize * blocksPerRow;
export const codeHeight = blockSize * blockRows;

/**
 * The code as 8-bit grey samples.
 *
 * @param {number} number
 */
export function drawNumber(number) {
  const code = (number << 8) | checkOf(number);
  const samples = new Uint8Array(codeWidth * codeHeight);
  for (let y = 0; y < codeHeight; y++) {
    for (let x = 0; x < codeWidth; x++) {
      const block = Math.floor(y / blockSize) * blocksPerRow + Math.floor(x / blockSize);
      samples[y * codeWidth + x] = (code >> (codeBits - 1 - block)) & 1 ? 235 : 16;
    }
  }
  return samples;
}

/**
 * Reads the number of a picture.
 *
 * @param {ArrayLike<number>} samples of the first plane
 * @param {number} width
 * @param {number} bytesPerPixel 3 for bgr24, 1 for planar formats, 4 for a canvas
 * @returns {number | undefined} undefined when the check bits disagree: the picture is damaged
 */
export function readNumber(samples, width, bytesPerPixel) {
  let code = 0;
  for (let block = 0; block < codeBits; block++) {
    const x = (block % blocksPerRow) * blockSize + blockSize / 2;
    const y = Math.floor(block / blocksPerRow) * blockSize + blockSize / 2;
    const sample = samples[(y * width + x) * bytesPerPixel] ?? 0;
    code = (code << 1) | (sample > 127 ? 1 : 0);
  }
  const number = code >> 8;
  return (code & 0xff) === checkOf(number) ? number : undefined;
}

/**
 * Differs in many bits for neighbours, so that a mixture of two pictures does not pass for a third.
 *
 * @param {number} number
 */
function checkOf(number) {
  return (Math.imul(number & ((1 << numberBits) - 1), 0x9e3779b1) >>> 24) ^ 0x5a;
}
