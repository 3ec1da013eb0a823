import type { IssueReporter } from "../../core/issues.js";
import type { Passing } from "../../core/passing.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";
import type { AccessUnit } from "../access-unit.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import { AccessUnitAssembler, type AccessUnitAssemblerOptions } from "./access-unit-assembler.js";
import { AnnexBParser, type AnnexBParserOptions } from "./annex-b-parser.js";
import { PictureEnd, type PictureEndOptions } from "./picture-end.js";

/** The coded side of one stream: chunks in, access units out. */
export interface AccessUnitReceiver {
  /** Takes the chunks as they are received. */
  readonly input: PictureEnd;
  /** Says whether a start code was found. */
  readonly parser: AnnexBParser;
  /** The parameter sets received so far. */
  readonly parameterSets: ParameterSets;
}

type Options = AnnexBParserOptions & AccessUnitAssemblerOptions & PictureEndOptions;

/**
 * Builds the stages from chunks to access units. `sink` gets each one as soon as it is complete.
 *
 * Access units last. Those gathered in `options.memory`, which is used again, pass.
 */
export function receiveAccessUnits(
  sink: Sink<AccessUnit>,
  clock: Clock,
  issues: IssueReporter,
  options?: Options & { readonly memory?: never },
): AccessUnitReceiver;
export function receiveAccessUnits(
  sink: Sink<Passing<AccessUnit>>,
  clock: Clock,
  issues: IssueReporter,
  options: Options,
): AccessUnitReceiver;
export function receiveAccessUnits(
  sink: Sink<AccessUnit>,
  clock: Clock,
  issues: IssueReporter,
  options: Options = {},
): AccessUnitReceiver {
  // Read from below: guesses of picture ends → bytes to NAL units (B.1) → access units (7.4.1.2).
  const assembler = new AccessUnitAssembler(sink, clock, issues, options);
  const parser = new AnnexBParser(assembler, issues, options);
  const input = new PictureEnd({ parser, assembler }, clock, issues, options);
  return { input, parser, parameterSets: assembler.parameterSets };
}
