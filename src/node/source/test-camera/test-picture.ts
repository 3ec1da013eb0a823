/** A yuv420p picture's planes, 8 bits per sample. */
export interface PicturePlanes {
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
  /** Bytes from one row of luma to the next. */
  readonly yStride: number;
  /** Bytes from one row of either chroma plane to the next. */
  readonly uvStride: number;
}

/**
 * Number of blocks at the top left that show the picture's number, most significant bit first;
 * white is 1.
 */
const numberBits = 24;

/** Side of each block in pixels: 16, or less in narrow pictures. */
export function numberBlockSize(width: number): number {
  return Math.min(16, Math.floor(width / numberBits / 2) * 2);
}

/** Five columns by seven rows, the leftmost column in the highest of 5 bits. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  "0": [14, 17, 19, 21, 25, 17, 14],
  "1": [4, 12, 4, 4, 4, 4, 14],
  "2": [14, 17, 1, 2, 4, 8, 31],
  "3": [31, 2, 4, 2, 1, 17, 14],
  "4": [2, 6, 10, 18, 31, 2, 2],
  "5": [31, 16, 30, 1, 1, 17, 14],
  "6": [6, 8, 16, 30, 17, 17, 14],
  "7": [31, 1, 2, 4, 8, 8, 8],
  "8": [14, 17, 17, 14, 17, 17, 14],
  "9": [14, 17, 17, 15, 1, 2, 12],
  ":": [0, 12, 12, 0, 12, 12, 0],
  ".": [0, 0, 0, 0, 0, 12, 12],
};

interface Color {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

const white: Color = { y: 235, u: 128, v: 128 };
const black: Color = { y: 16, u: 128, v: 128 };

/** Draws the test camera's pictures, the same ones for the same seed, size and arguments. */
export class TestPicture {
  readonly #width: number;
  readonly #height: number;
  readonly #hue: number;
  readonly #ball: Color;
  readonly #background: PicturePlanes;
  #to!: PicturePlanes;

  /** @param seed chooses the colours and where the ball begins */
  constructor(width: number, height: number, seed: number) {
    this.#width = width;
    this.#height = height;
    // The golden angle: neighbouring seeds look different.
    this.#hue = (seed * 2.399963) % (2 * Math.PI);
    this.#ball = { y: 170, ...tint(this.#hue + Math.PI, 70) };
    this.#background = gradient(width, height, this.#hue);
  }

  /**
   * Draws picture `number`.
   *
   * @param seconds time since the first picture
   * @param timeOfDay shown as text, such as `12:34:56.789`
   */
  draw(to: PicturePlanes, number: number, seconds: number, timeOfDay: string): void {
    this.#to = to;
    copyPlane(this.#background.y, this.#background.yStride, to.y, to.yStride, this.#height);
    copyPlane(this.#background.u, this.#background.uvStride, to.u, to.uvStride, this.#height / 2);
    copyPlane(this.#background.v, this.#background.uvStride, to.v, to.uvStride, this.#height / 2);
    this.#drawDial(seconds);
    this.#drawBall(seconds);
    this.#drawTexts(number, timeOfDay);
    this.#drawNumberBlocks(number);
  }

  #drawNumberBlocks(number: number): void {
    const side = numberBlockSize(this.#width);
    for (let bit = 0; bit < numberBits; bit++) {
      const isOne = (number >>> (numberBits - 1 - bit)) & 1;
      this.#fill(bit * side, 0, side, side, isOne ? white : black);
    }
  }

  #drawTexts(number: number, timeOfDay: string): void {
    this.#text(String(number).padStart(6, "0"), 0.3);
    this.#text(timeOfDay, 0.68);
  }

  /** Draws text over the left half of the picture. `top` is a share of its height. */
  #text(text: string, top: number): void {
    const scale = Math.max(
      1,
      Math.floor(Math.min((this.#width * 0.48) / (text.length * 6), this.#height / 30)),
    );
    const line0 = Math.round(this.#height * top);
    let x = Math.round(this.#width * 0.05);
    for (const character of text) {
      glyphs[character]?.forEach((row, line) => {
        for (let column = 0; column < 5; column++)
          if ((row >> (4 - column)) & 1)
            this.#fill(x + column * scale, line0 + line * scale, scale, scale, white);
      });
      x += 6 * scale;
    }
  }

  /** A dial whose hand goes round once per second: its motion shows a late picture at a glance. */
  #drawDial(seconds: number): void {
    const radius = this.#height * 0.3;
    const [x, y] = [this.#width * 0.78, this.#height * 0.52];
    const dot = Math.max(2, Math.round(this.#height / 120));
    for (let mark = 0; mark < 60; mark++) {
      const angle = (mark * Math.PI) / 30;
      const size = mark % 5 === 0 ? dot * 2 : dot;
      this.#fill(
        x + radius * Math.sin(angle) - size / 2,
        y - radius * Math.cos(angle) - size / 2,
        size,
        size,
        white,
      );
    }
    const angle = 2 * Math.PI * (seconds % 1);
    for (let at = 0; at < radius * 0.9; at += dot / 2)
      this.#fill(x + at * Math.sin(angle) - dot, y - at * Math.cos(angle) - dot, dot * 2, dot * 2, white);
  }

  #drawBall(seconds: number): void {
    const radius = this.#height / 9;
    const phase = seconds / 3 + this.#hue;
    const sway = Math.abs((phase % 2) - 1);
    const x = radius + sway * (this.#width - 2 * radius);
    const y =
      this.#height -
      radius -
      Math.abs(Math.sin(seconds * 2.6 + this.#hue)) * (this.#height - 2 * radius) * 0.7;
    for (let line = Math.ceil(y - radius); line < y + radius; line++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (line - y) ** 2));
      // Brighter towards the top, as if lit from above.
      const shade = Math.round(this.#ball.y - ((line - y) / radius) * 50);
      this.#fill(x - half, line, 2 * half, 1, { ...this.#ball, y: shade });
    }
  }

  /** A rectangle, clipped to the picture. */
  #fill(left: number, top: number, width: number, height: number, { y, u, v }: Color): void {
    const to = this.#to;
    const x0 = Math.max(0, Math.round(left));
    const x1 = Math.min(this.#width, Math.round(left + width));
    const y0 = Math.max(0, Math.round(top));
    const y1 = Math.min(this.#height, Math.round(top + height));
    if (x1 <= x0) return;
    for (let line = y0; line < y1; line++) {
      to.y.fill(y, line * to.yStride + x0, line * to.yStride + x1);
      if (line % 2 !== 0 && height > 1) continue;
      const row = (line >> 1) * to.uvStride;
      to.u.fill(u, row + (x0 >> 1), row + ((x1 + 1) >> 1));
      to.v.fill(v, row + (x0 >> 1), row + ((x1 + 1) >> 1));
    }
  }
}

function tint(hue: number, strength: number): { u: number; v: number } {
  return { u: Math.round(128 + strength * Math.cos(hue)), v: Math.round(128 + strength * Math.sin(hue)) };
}

function gradient(width: number, height: number, hue: number): PicturePlanes {
  const half = { width: width / 2, height: height / 2 };
  const y = new Uint8Array(width * height);
  const u = new Uint8Array(half.width * half.height);
  const v = new Uint8Array(half.width * half.height);
  for (let line = 0; line < height; line++)
    for (let x = 0; x < width; x++) y[line * width + x] = 40 + (70 * line) / height + (30 * x) / width;
  for (let line = 0; line < half.height; line++)
    for (let x = 0; x < half.width; x++) {
      const color = tint(hue + (1.4 * x) / half.width - (0.8 * line) / half.height, 28);
      u[line * half.width + x] = color.u;
      v[line * half.width + x] = color.v;
    }
  return { y, u, v, yStride: width, uvStride: half.width };
}

function copyPlane(
  from: Uint8Array,
  fromStride: number,
  to: Uint8Array,
  toStride: number,
  lines: number,
): void {
  for (let line = 0; line < lines; line++)
    to.set(from.subarray(line * fromStride, (line + 1) * fromStride), line * toStride);
}
