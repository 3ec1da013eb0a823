// Every kind of fault, in the order of the table.
import { changes } from "./kinds/changes.mjs";
import { damages } from "./kinds/damage.mjs";
import { foreignBytes } from "./kinds/foreign-bytes.mjs";
import { habits } from "./kinds/habits.mjs";
import { joins } from "./kinds/joins.mjs";
import { losses } from "./kinds/losses.mjs";
import { transports } from "./kinds/transports.mjs";

export const kinds = [...losses, ...damages, ...transports, ...joins, ...changes, ...foreignBytes, ...habits];
