import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { ErrorCode } from "../../core/errors.js";
import type { ServeConfig } from "./config/serve-config.js";

/** What an entry of the log is about, for those who filter. */
interface LogSubject {
  /** Its name. */
  readonly stream?: string;
  /** Address of a publisher or viewer. */
  readonly peer?: string;
  /** Why something was refused, sent away or has failed: the entry is a warning, but for the server's own end. */
  readonly code?: ErrorCode;
}

/** Takes a sentence without secrets, and what it is about; `warn` where someone should act and there is no code for it. */
export type Log = (text: string, about: LogSubject, level?: "warn") => void;

/** JSON lines: `level` and `time` as people read them, `msg`, and what it is about. */
export function createLogger(level: ServeConfig["log"], output?: DestinationStream): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, formatters, timestamp: stdTimeFunctions.isoTime }, output);
}

/** The log of a server's parts. */
export function logTo(logger: Logger): Log {
  return (text, about, level) => {
    const isUsual = about.code === undefined || about.code === "NALIVE_SERVER_STOPPING";
    logger[level ?? (isUsual ? "info" : "warn")](about, text);
  };
}
