import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Triple } from "./pictures.js";

const isInstalled = (command: string) => spawnSync(command, ["-help"]).error === undefined;

/** Why tests with a screen cannot run here, or undefined. */
export const noScreen = isInstalled("Xvfb") ? undefined : "Xvfb is not installed";
/** Why tests with a keyboard cannot run here, or undefined. */
export const noKeyboard = noScreen ?? (isInstalled("xdotool") ? undefined : "xdotool is not installed");

/** A copy of the screen. */
export interface Screenshot {
  readonly width: number;
  readonly height: number;
  at(x: number, y: number): Triple;
}

/** An X server without a monitor. Its pixels are in a file. */
export class Xvfb {
  readonly display: string;
  readonly #server: ChildProcess;
  readonly #folder: string;

  private constructor(server: ChildProcess, display: string, folder: string) {
    this.#server = server;
    this.display = display;
    this.#folder = folder;
  }

  /** Starts a server on a free display number. */
  static async start(width: number, height: number): Promise<Xvfb> {
    const folder = mkdtempSync(join(tmpdir(), "nalive-xvfb-"));
    const screen = ["-screen", "0", `${width}x${height}x24`];
    const server = spawn(
      "Xvfb",
      [...screen, "-fbdir", folder, "-nolisten", "tcp", "-noreset", "-displayfd", "3"],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe"],
      },
    );
    process.once("exit", () => server.kill());
    const number = await new Promise<string>((resolve, reject) => {
      server.stdio[3]!.once("data", (data: Buffer) => resolve(data.toString().trim()));
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
    });
    return new Xvfb(server, `:${number}`, folder);
  }

  /**
   * Reads the server's pixels: a file in the format of xwd(1), big-endian header, four bytes per
   * pixel.
   */
  screenshot(): Screenshot {
    const file = readFileSync(join(this.#folder, "Xvfb_screen0"));
    const word = (index: number) => file.readUInt32BE(index * 4);
    const [headerSize, width, height, byteOrder] = [word(0), word(4), word(5), word(7)];
    const [bytesPerLine, colors] = [word(12), word(19)];
    const start = headerSize + colors * 12;
    return {
      width,
      height,
      at(x, y) {
        const offset = start + Math.floor(y) * bytesPerLine + Math.floor(x) * 4;
        const pixel = byteOrder === 0 ? file.readUInt32LE(offset) : file.readUInt32BE(offset);
        return [(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255];
      },
    };
  }

  /** Runs xdotool against this server and returns what it prints. */
  xdotool(...args: string[]): string {
    return execFileSync("xdotool", args, { env: { ...process.env, DISPLAY: this.display } })
      .toString()
      .trim();
  }

  /** Ends the server and removes its files. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once("exit", resolve));
    this.#server.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
