// What a benchmark reports: printed as tables, and recorded as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatTable } from "../../shared/table.mjs";
import { machine, watchOtherWork } from "./machine.mjs";
import { outputDirectory } from "./places.mjs";

/**
 * @import { Row } from "../../shared/table.mjs"
 *
 * @typedef {object} Settings
 * @property {boolean} quick
 * @property {number} pictures
 * @property {number} rounds
 * @property {number} [minutes]
 *
 * @typedef {object} Table
 * @property {string | undefined} [caption]
 * @property {readonly string[]} header
 * @property {readonly Row[]} rows
 *
 * @typedef {object} Report
 * @property {readonly Table[]} tables
 * @property {readonly string[]} notes
 * @property {unknown} figures of all rounds, for the record
 *
 * @typedef {object} Benchmark
 * @property {string} title
 * @property {(settings: Settings) => Promise<Report>} run
 */

/**
 * Runs a benchmark, prints its tables and notes, and records its figures.
 *
 * @param {string} name
 * @param {Benchmark} benchmark
 * @param {Settings} settings
 */
export async function runAndReport(name, { title, run }, settings) {
  console.log(`\n${name}: ${title}`);
  const started = new Date().toISOString();
  const otherWork = watchOtherWork();
  const { tables, notes, figures } = await run(settings);
  const disturbance = otherWork.end();
  for (const { caption, header, rows } of tables) {
    console.log(`\n${caption ? `${caption}\n` : ""}${formatTable(header, rows)}`);
  }
  for (const note of [...notes, disturbance.text]) console.log(note);
  const record = { name, title, started, machine: machine(), disturbance, settings, figures, notes };
  mkdirSync(outputDirectory, { recursive: true });
  writeFileSync(join(outputDirectory, `${name}.json`), `${JSON.stringify(record, undefined, 2)}\n`);
}
