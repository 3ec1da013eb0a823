import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { ErrorCode } from "../../core/errors.js";
import type { ServeConfig } from "./config/serve-config.js";
import { LogOutput } from "./log-output.js";

/** What an entry of the log is about, as fields to filter by. */
interface LogSubject {
  /** Name of the stream. */
  readonly stream?: string;
  /** Address of the publisher or viewer. */
  readonly peer?: string;
  /**
   * Why something was refused, disconnected or failed. Makes the entry a warning, unless the server
   * is stopping.
   */
  readonly code?: ErrorCode;
}

/**
 * Logs a sentence without secrets, and what it is about. `warn`: somebody should act, and no code
 * fits.
 */
export type Log = (text: string, about: LogSubject, level?: "warn") => void;

/**
 * Writes JSON lines: `level` as a word, `time` in ISO 8601, `msg`, and what the entry is about.
 *
 * @param output standard output by default, which then never holds up the thread (`LogOutput`)
 */
export function createLogger(level: ServeConfig["log"], output?: DestinationStream): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  const options = { level, base: null, formatters, timestamp: stdTimeFunctions.isoTime };
  const tellLost = (count: number) =>
    logger.warn(`${count} entries of the log were lost: nobody took them in time`);
  const logger = pino(options, output ?? new LogOutput(1, tellLost));
  return logger;
}

/** The log that the parts of a server write to. */
export function logTo(logger: Logger): Log {
  return (text, about, level) => {
    const isExpected = about.code === undefined || about.code === "NALIVE_SERVER_STOPPING";
    logger[level ?? (isExpected ? "info" : "warn")](about, text);
  };
}
