import { NaliveError } from "../../../core/errors.js";

/** `NALIVE_NO_SUCH_FILE` for a file of the configuration: why nobody can read it, what to do. */
export function unreadableFile(path: string, cause: unknown): NaliveError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file. Check the path",
    EISDIR: "it is a folder. Name a file in it",
    EACCES: "permission denied. Let this user read it",
  };
  const why = known[code ?? ""] ?? message;
  return new NaliveError("NALIVE_NO_SUCH_FILE", `Cannot read ${path}: ${why}`, { cause });
}
