import type { IssueReporter } from "../../core/issues.js";
import type { Sink } from "../../core/sink.js";
import type { Clock } from "../../core/time.js";
import type { AccessUnit } from "../access-unit.js";
import type { ParameterSets } from "../syntax/parameter-sets.js";
import { AccessUnitAssembler, type AccessUnitAssemblerOptions } from "./access-unit-assembler.js";
import { AnnexBParser, type AnnexBParserOptions } from "./annex-b-parser.js";
import { PictureEnd, type PictureEndOptions } from "./picture-end.js";

/** The coded side of one stream: chunks in, access units out. */
export interface AccessUnitReceiver {
  /** Takes bytes as they come. */
  readonly input: PictureEnd;
  /** The parser: what was found of Annex B so far. */
  readonly parser: AnnexBParser;
  /** The parameter sets received so far. */
  readonly parameterSets: ParameterSets;
}

/** Builds the stages from received bytes to access units; `sink` gets each as soon as it is complete. */
export function receiveAccessUnits(
  sink: Sink<AccessUnit>,
  clock: Clock,
  issues: IssueReporter,
  options: AnnexBParserOptions & AccessUnitAssemblerOptions & PictureEndOptions = {},
): AccessUnitReceiver {
  const assembler = new AccessUnitAssembler(sink, clock, issues, options); // 7.4.1.2: NAL units to pictures
  const parser = new AnnexBParser(assembler, issues, options); //             B.1: bytes to NAL units
  const input = new PictureEnd({ parser, assembler }, clock, issues, options); // complete before the next one begins
  return { input, parser, parameterSets: assembler.parameterSets };
}
