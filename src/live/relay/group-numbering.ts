import type { IssueReporter } from "../../core/issues.js";
import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import {
  type AccessUnit,
  isCleanStart,
  isPossibleStart,
  type NumberedAccessUnit,
} from "../../h264/access-unit.js";

/** Access units without a proper start after which a group begins at a lesser one. */
const maxUnitsWithoutStart = 300;

/**
 * Numbers access units by group and object.
 *
 * A group begins at each IDR picture and recovery point. It begins at a bare I picture before the
 * first group, and after {@link maxUnitsWithoutStart} access units without a better start. Nobody
 * can decode what a publisher sends before its first group: the numbering drops and reports it.
 *
 * A stream without any of these refreshes its pictures gradually and does not signal it. There a
 * group begins at every {@link maxUnitsWithoutStart} access units, for decoders that need no start.
 */
export class GroupNumbering implements Sink<Passing<AccessUnit>> {
  readonly #sink: Sink<Passing<NumberedAccessUnit>>;
  readonly #issues: IssueReporter;
  #epoch: number | undefined;
  /** Where the newest access unit stands; undefined before the first group of an epoch. */
  #place: { group: number; object: number; sequence: number } | undefined;
  #nextGroup = 0;
  #sinceGoodStart = 0;
  /** Since the last group or the epoch began. */
  #sinceStart = 0;
  /** The epoch has had a picture at which decoding can start. */
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

  /** @returns false if the access unit belongs to no group */
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
    if (!isPossibleStart(unit)) return !this.#hasStarts && this.#sinceStart > maxUnitsWithoutStart;
    if (isCleanStart(unit) || unit.randomAccess === "recovery-point") return true;
    return this.#place === undefined || this.#sinceGoodStart > maxUnitsWithoutStart;
  }
}
