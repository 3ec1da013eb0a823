// Every kind of fault, in the order of the table.
import { changes } from "./kinds/changes.mjs";
import { damages } from "./kinds/damage.mjs";
import { joins } from "./kinds/joins.mjs";
import { losses } from "./kinds/losses.mjs";
import { transports } from "./kinds/transports.mjs";

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string[]} causes issue codes of which one at least is counted when pictures are held back
 * @property {boolean} [unnoticeable] true where the bitstream itself may hide the damage: torn pictures are counted, and no failure
 * @property {(random: ReturnType<import("./random.mjs").seededRandom>) => import("./parts.mjs").Plan} plan
 */

/** @type {Kind[]} */
export const kinds = [...losses, ...damages, ...transports, ...joins, ...changes];
