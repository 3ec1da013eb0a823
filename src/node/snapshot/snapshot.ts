import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { NaliveError } from "../../core/errors.js";
import type { Frame } from "../../core/frame.js";
import { encodePng } from "./png.js";

/**
 * Saves a frame as PNG in a new file; resolves when the file is complete. The frame is read before
 * this returns, so the caller may close it at once.
 *
 * @param frame in rgb24, bgr24, rgba, gray8 or yuv420p
 * @throws NaliveError `NALIVE_OUTPUT_FAILED` when the file exists or cannot be written (the cause
 *   says which), `NALIVE_INVALID_ARGUMENT` for a frame in another format (`native` often is)
 */
export async function savePng(frame: Frame, path: string): Promise<void> {
  await writeNew(path, await encodePng(frame));
}

/**
 * Saves a frame as `nalive-YYYYMMDD-HHMMSS-mmm.png` in local time, with `-2` and so on when the
 * file exists. The frame is read before this returns, so the caller may close it at once.
 *
 * @param folder an existing folder
 * @param time the time in the name
 * @returns the path of the file
 * @throws NaliveError `NALIVE_OUTPUT_FAILED` when the folder is missing or not writable,
 *   `NALIVE_INVALID_ARGUMENT` for a format that PNG does not take
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

/** Writes a new file completely or not at all; never overwrites one. */
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
    throw new NaliveError("NALIVE_OUTPUT_FAILED", `Cannot save the picture as ${path}: ${reason(cause)}`, {
      cause,
    });
  }
}

function reason(cause: unknown): string {
  if (isCode(cause, "EEXIST")) return "the file exists and is not overwritten; choose another name";
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
