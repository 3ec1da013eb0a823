import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import { encodePng } from "./png.js";

/**
 * Saves a frame as PNG in a new file. The frame is read before this returns and may be closed at
 * once.
 *
 * @throws NaliveError `NALIVE_OUTPUT_FAILED` when the file exists already or cannot be written (the
 *   cause says which), `NALIVE_INVALID_ARGUMENT` for a format that a PNG cannot be made of
 */
export async function savePng(frame: Frame, path: string): Promise<void> {
  await writeNew(path, await encodePng(frame));
}

/**
 * Saves a frame as `nalive-YYYYMMDD-HHMMSS-mmm.png` in local time, with `-2` and so on after it
 * when there is one already. The frame is read before this returns and may be closed at once.
 *
 * @param folder must exist
 * @param time what the name says
 * @returns the path of the file
 * @throws NaliveError `NALIVE_OUTPUT_FAILED` when the folder is missing or cannot be written to,
 *   `NALIVE_INVALID_ARGUMENT` for a format that a PNG cannot be made of
 */
export async function saveSnapshot(frame: Frame, folder = ".", time = new Date()): Promise<string> {
  const png = await encodePng(frame);
  const name = join(folder, snapshotName(time));
  for (let attempt = 1; ; attempt++) {
    const path = `${name}${attempt === 1 ? "" : `-${attempt}`}.png`;
    try {
      await writeNew(path, png);
      return path;
    } catch (error) {
      if (!isCode((error as Error).cause, "EEXIST") || attempt === 1000) throw error;
    }
  }
}

function snapshotName(time: Date): string {
  const pad = (value: number, digits = 2) => String(value).padStart(digits, "0");
  const date = `${pad(time.getFullYear(), 4)}${pad(time.getMonth() + 1)}${pad(time.getDate())}`;
  const clock = `${pad(time.getHours())}${pad(time.getMinutes())}${pad(time.getSeconds())}`;
  return `nalive-${date}-${clock}-${pad(time.getMilliseconds(), 3)}`;
}

/** Writes a file that is whole or not there, and never an old one. */
async function writeNew(path: string, data: Uint8Array): Promise<void> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(data).finally(() => file.close());
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  } catch (cause) {
    throw new NaliveError(
      "NALIVE_OUTPUT_FAILED",
      `The picture cannot be saved as ${path}: ${reason(cause)}`,
      {
        cause,
      },
    );
  }
}

function reason(cause: unknown): string {
  if (isCode(cause, "EEXIST")) return "there is a file of this name, and it is not overwritten";
  if (isCode(cause, "ENOENT")) return "the folder does not exist";
  if (isCode(cause, "ENOTDIR")) return "a part of the path is not a folder";
  if (isCode(cause, "EACCES") || isCode(cause, "EPERM") || isCode(cause, "EROFS")) {
    return "the folder cannot be written to; choose another one";
  }
  if (isCode(cause, "ENOSPC")) return "the disk is full";
  return cause instanceof Error ? cause.message : String(cause);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
