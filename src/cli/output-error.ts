import { NaliveError } from "../core/errors.js";

/** Why the system refused, by its code, and what to do about it. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "part of the path is not a folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

/**
 * The error for an output that cannot be opened or written.
 * @param what the output in words: a path, `standard output`
 * @param advice what the person can do, with a full stop
 */
export function outputError(what: string, error: unknown, advice: string): NaliveError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = (code && reasons[code]) ?? message;
  return new NaliveError("NALIVE_OUTPUT_FAILED", `Cannot write to ${what}: ${why}. ${advice}`, {
    cause: error,
  });
}
