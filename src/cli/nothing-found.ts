import { NaliveError } from "../core/errors.js";
import type { IssueCounter } from "../core/issues.js";
import { expectedH264, type FirstBytes, repeatParameterSets } from "../node/source/first-bytes.js";
import type { Source } from "../node/source/source.js";

/** The error of an input in which no picture was found: what came instead, and why. */
export function nothingFound(
  { name, kind }: Pick<Source, "name" | "kind">,
  firstBytes: FirstBytes,
  isAnnexB: boolean,
  issues: IssueCounter,
): NaliveError {
  if (firstBytes.bytes === 0) {
    return new NaliveError(
      "NALIVE_NOT_H264",
      kind === "file" ? `${name} is empty. ${expectedH264}.` : `Nothing has arrived on ${name} yet.`,
    );
  }
  const looksLike = firstBytes.describe();
  const why = looksLike ? `; it looks like ${looksLike}` : "";
  if (!isAnnexB) {
    return new NaliveError(
      "NALIVE_NOT_H264",
      `${expectedH264}, but ${firstBytes.bytes} bytes came with no start code${why}`,
    );
  }
  // What was found in bytes that are something else would mislead.
  const found = firstBytes.recognize() ? [] : issues.list().map(({ detail }) => detail);
  if (found.length > 0 && issues.count("missing-parameter-set") > 0) found.push(repeatParameterSets);
  return new NaliveError(
    "NALIVE_NO_PICTURE",
    `${expectedH264}, but ${firstBytes.bytes} bytes came with no picture in them${why}` +
      `${found.length > 0 ? `: ${found.join("; ")}` : ""}`,
  );
}
