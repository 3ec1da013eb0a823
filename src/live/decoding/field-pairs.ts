import type { AccessUnit } from "../../h264/access-unit.js";
import type { PictureInHand } from "./picture-in-hand.js";

/** Makes one picture of two fields: holds the first until its second has come, or it is known that it does not come. */
export class FieldPairs<P extends PictureInHand> {
  #first: P | undefined;
  #count = 0;

  /** Frames of two fields since `restart`. */
  get count(): number {
    return this.#count;
  }

  /** @returns the picture whose second field this access unit is; undefined when it begins a picture of its own */
  join(unit: AccessUnit, mayShow: boolean): P | undefined {
    const first = this.#first;
    if (!first || !unit.picture.secondField) return undefined;
    first.lastUnit = unit;
    first.mayShow &&= mayShow;
    this.#first = undefined;
    this.#count++;
    return first;
  }

  /** Holds the picture if it may be a first field. @returns false when all of it is there */
  hold(picture: P): boolean {
    if (picture.unit.picture.structure === "frame" || picture.lastUnit !== picture.unit) return false;
    this.#first = picture;
    return true;
  }

  /** Gives back the field that is held: its second does not come. */
  release(): P | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first;
  }

  /** Another sender's pictures come: nothing is known of them. */
  restart(): void {
    this.#first = undefined;
    this.#count = 0;
  }
}
