import type { IssueReporter } from "../../core/issues.js";
import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import {
  type AccessUnit,
  isCleanStart,
  isPossibleStart,
  type NumberedAccessUnit,
} from "../../h264/access-unit.js";

/** Access units after which less counts as a start, in a stream that has shown no better. */
const patience = 300;

/**
 * Numbers access units by group and object. A group begins at each IDR picture and recovery point;
 * at an I picture that is neither when there is no group yet, or none better has come for long.
 * What comes of a publisher before its first group can be decoded by nobody: it is dropped, and
 * reported.
 *
 * A stream that has none of these for long is refreshed bit by bit without saying so: a group
 * begins anywhere then, and again after as long, for decoders that can do without a start.
 */
export class GroupNumbering implements Sink<Passing<AccessUnit>> {
  readonly #sink: Sink<Passing<NumberedAccessUnit>>;
  readonly #issues: IssueReporter;
  #epoch: number | undefined;
  /** Where the newest access unit stands; undefined before the first group of an epoch. */
  #place: { group: number; object: number; sequence: number } | undefined;
  #nextGroup = 0;
  #sinceGoodStart = 0;
  /** Since the last group began, or the epoch. */
  #sinceStart = 0;
  #hasStarts = false;

  constructor(sink: Sink<Passing<NumberedAccessUnit>>, issues: IssueReporter) {
    this.#sink = sink;
    this.#issues = issues;
  }

  push(unit: Passing<AccessUnit>): void {
    if (unit.epoch !== this.#epoch) {
      this.#epoch = unit.epoch;
      this.#place = undefined;
      this.#sinceStart = 0;
      this.#hasStarts = false;
    }
    const isAgain = unit.corrects && unit.sequence === this.#place?.sequence;
    if (!isAgain && !this.#advance(unit)) {
      const detail = `picture ${unit.sequence} is not passed on: no random access point has come yet`;
      this.#issues.report("before-random-access-point", detail);
      return;
    }
    const { group, object } = this.#place!;
    this.#sink.push({ group, object, unit });
  }

  close(reason?: Error): void {
    this.#sink.close(reason);
  }

  /** @returns false when there is no group to which it belongs */
  #advance(unit: Passing<AccessUnit>): boolean {
    const { sequence } = unit;
    this.#sinceGoodStart++;
    this.#sinceStart++;
    if (isPossibleStart(unit)) this.#hasStarts = true;
    if (this.#startsGroup(unit)) {
      this.#sinceStart = 0;
      this.#place = { group: this.#nextGroup++, object: 0, sequence };
      if (isCleanStart(unit) || unit.randomAccess === "recovery-point") this.#sinceGoodStart = 0;
    } else if (this.#place) {
      this.#place.object++;
      this.#place.sequence = sequence;
    }
    return this.#place !== undefined;
  }

  #startsGroup(unit: Passing<AccessUnit>): boolean {
    if (unit.picture.secondField) return false;
    if (!isPossibleStart(unit)) return !this.#hasStarts && this.#sinceStart > patience;
    if (isCleanStart(unit) || unit.randomAccess === "recovery-point") return true;
    return this.#place === undefined || this.#sinceGoodStart > patience;
  }
}
