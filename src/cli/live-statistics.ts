import { closeSync, createWriteStream, openSync, type WriteStream } from "node:fs";
import type { Frame } from "../core/frame.js";
import type { IssueCode, IssueCount } from "../core/issues.js";
import { microseconds } from "../core/time.js";
import { DelayRecorder, type DelaySummary } from "../live/playout/delay-recorder.js";
import { systemClock } from "../node/clock.js";
import type { VideoStream } from "../node/stream/video-stream.js";
import { outputError } from "./output-error.js";
import type { Terminal } from "./terminal.js";

/** Figures of a second, or of the whole stream. Times are in ms, rates per second. */
export interface StatisticsRecord {
  readonly type: "second" | "summary";
  readonly seconds: number;
  readonly picturesPerSecond: number;
  readonly bitsPerSecond: number;
  readonly shown: number;
  /** Pictures dropped: a newer one replaced them, or decoding was behind. */
  readonly dropped: number;
  /** Pictures damaged, or held back because one that they refer to was lost or damaged. */
  readonly damaged: number;
  /** Pictures that need others from before the first random access point. */
  readonly early: number;
  /** Guessed picture ends that were wrong, and that decoding again corrected. */
  readonly healed: number;
  /** From the arrival of a picture's last byte to its frame in hand; undefined for files. */
  readonly delay: DelaySummary | undefined;
}

/** Each picture that is not shown counts under one code. */
const damagedCodes: readonly IssueCode[] = [
  "damaged-picture",
  "held-back",
  "decode-error",
  "late-picture",
  "pictures-too-large",
];
const earlyCodes: readonly IssueCode[] = ["before-random-access-point", "leading-picture"];

/**
 * Creates the file for the figures, so that a wrong path fails before anything else is opened.
 * @throws NaliveError `NALIVE_OUTPUT_FAILED`
 */
export function createStatisticsFile(path: string | undefined): void {
  if (path === undefined) return;
  try {
    closeSync(openSync(path, "w"));
  } catch (error) {
    throw outputError(path, error, "Choose another --stats-file.");
  }
}

/**
 * Figures of a stream: a line per second, a summary at the end, JSON lines to a file on request.
 */
export class LiveStatistics {
  readonly #stream: VideoStream;
  readonly #isLive: boolean;
  readonly #print: ((line: string) => void) | undefined;
  readonly #json: WriteStream | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  readonly #delays = new DelayRecorder(100_000);
  readonly #secondDelays = new DelayRecorder();
  #shown = 0;
  #firstShownAt: number | undefined;
  #lastShownAt = 0;
  #before = { at: performance.now(), shown: 0, bytes: 0 };

  /**
   * @param kind pictures of a file have no delay: they wait in the file for their turn
   * @param print takes each line; undefined prints none
   * @param jsonPath file for JSON lines; undefined writes none
   */
  constructor(
    stream: VideoStream,
    kind: "live" | "file",
    print: ((line: string) => void) | undefined,
    jsonPath: string | undefined,
  ) {
    this.#stream = stream;
    this.#isLive = kind === "live";
    this.#print = print;
    this.#json = jsonPath === undefined ? undefined : createWriteStream(jsonPath);
    this.#timer = setInterval(() => void this.#tick(), 1000);
    this.#timer.unref();
  }

  /** Frames shown so far. */
  get shown(): number {
    return this.#shown;
  }

  /** Counts a frame at the moment the command has it. */
  count(frame: Frame): void {
    if (this.#isLive) {
      const delay = microseconds(systemClock.now() - frame.provenance.lastByteAt);
      this.#delays.add(delay);
      this.#secondDelays.add(delay);
    }
    this.#shown++;
    this.#lastShownAt = performance.now();
    this.#firstShownAt ??= this.#lastShownAt;
  }

  /**
   * Prints the summary, or without `print` only a line if pictures were damaged; resolves when the
   * file is written.
   */
  async end(terminal: Terminal): Promise<void> {
    clearInterval(this.#timer);
    const record = await this.#record("summary");
    if (this.#print) {
      this.#print(formatSummary(record));
      for (const issue of (await this.#stream.statistics())?.issues ?? []) {
        this.#print(`  ${issue.code}: ${issue.count} (${issue.detail})`);
      }
    } else if (record.damaged > 0) {
      const pictures = record.damaged === 1 ? "picture was" : "pictures were";
      terminal.line(`nalive: ${record.damaged} ${pictures} damaged or held back: --stats prints why`);
    }
    this.#json?.write(`${JSON.stringify(record)}\n`);
    await new Promise<void>((resolve) => (this.#json ? this.#json.end(() => resolve()) : resolve()));
  }

  async #tick(): Promise<void> {
    const record = await this.#record("second");
    this.#secondDelays.clear();
    this.#print?.(formatSecond(record));
    this.#json?.write(`${JSON.stringify(record)}\n`);
  }

  async #record(type: StatisticsRecord["type"]): Promise<StatisticsRecord> {
    const engine = await this.#stream.statistics();
    const now = performance.now();
    const bytes = engine?.receivedBytes ?? 0;
    const isSummary = type === "summary";
    const span = isSummary ? now - this.#startedAt : now - this.#before.at;
    const shownSpan = isSummary ? this.#lastShownAt - (this.#firstShownAt ?? 0) : span;
    const shown = isSummary ? Math.max(0, this.#shown - 1) : this.#shown - this.#before.shown;
    const record: StatisticsRecord = {
      type,
      seconds: round((now - this.#startedAt) / 1000, 1),
      picturesPerSecond: shownSpan > 0 ? round((shown * 1000) / shownSpan, 1) : 0,
      bitsPerSecond: Math.round(((bytes - (isSummary ? 0 : this.#before.bytes)) * 8000) / span),
      shown: this.#shown,
      dropped: (engine?.replaced ?? 0) + (engine?.droppedLate ?? 0) + (engine?.leftOut.conversions ?? 0),
      damaged: countOf(engine?.issues, damagedCodes),
      early: countOf(engine?.issues, earlyCodes),
      healed: engine?.healed ?? 0,
      delay: (isSummary ? this.#delays : this.#secondDelays).summary(),
    };
    if (!isSummary) this.#before = { at: now, shown: this.#shown, bytes };
    return record;
  }
}

function countOf(issues: readonly IssueCount[] = [], codes: readonly IssueCode[]): number {
  return issues.reduce((sum, { code, count }) => (codes.includes(code) ? sum + count : sum), 0);
}

function formatSecond(record: StatisticsRecord): string {
  const { picturesPerSecond, bitsPerSecond, shown, dropped, damaged, healed, delay } = record;
  const columns = [
    `${picturesPerSecond.toFixed(1).padStart(5)} pictures/s`,
    `${(bitsPerSecond / 1e6).toFixed(2).padStart(6)} Mbit/s`,
    `shown ${shown}`,
    `dropped ${dropped}`,
    `damaged ${damaged}`,
    ...(healed > 0 ? [`healed ${healed}`] : []),
    ...(delay ? [formatDelay(delay)] : []),
  ];
  return columns.join("  ");
}

function formatSummary(record: StatisticsRecord): string {
  const { shown, seconds, picturesPerSecond, bitsPerSecond, dropped, damaged, early, healed, delay } = record;
  return (
    `${shown} pictures shown in ${seconds.toFixed(1)} s (${picturesPerSecond.toFixed(1)}/s, ` +
    `${(bitsPerSecond / 1e6).toFixed(2)} Mbit/s), ${dropped} dropped, ${damaged} damaged or held back, ` +
    `${early > 0 ? `${early} before the start, ` : ""}${healed} healed` +
    (delay ? `; ${formatDelay(delay)}` : "")
  );
}

function formatDelay(delay: DelaySummary): string {
  const { p50, p95, p99 } = delay;
  return `delay p50 ${p50.toFixed(1)}  p95 ${p95.toFixed(1)}  p99 ${p99.toFixed(1)} ms`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
