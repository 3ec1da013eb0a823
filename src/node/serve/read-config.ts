import { readFileSync } from "node:fs";
import { type Document, isNode, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { NaliveError } from "../../core/errors.js";
import { type ServeConfig, type ServeConfigInput, serveConfig } from "./serve-config.js";

/** Keys from the top of the configuration to a field. */
type Path = readonly PropertyKey[];

/**
 * Reads a configuration file, YAML or JSON.
 * @throws NaliveError `NALIVE_INVALID_CONFIG`, which names line and field of all that is wrong; `NALIVE_NO_SUCH_FILE`
 */
export function readConfigFile(path: string): ServeConfigInput {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new NaliveError("NALIVE_NO_SUCH_FILE", `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  return parseConfig(text, path);
}

/**
 * Parses and checks the text of a configuration.
 * @param path of the file, for messages
 * @throws NaliveError `NALIVE_INVALID_CONFIG`
 */
export function parseConfig(text: string, path: string): ServeConfigInput {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const faults = [
    ...document.errors.map(({ pos, message }) => ({ at: pos[0], text: message.split("\n")[0] })),
    ...danglingAliases(document),
  ].map(({ at, text }) => `${path}:${lines.linePos(at).line}: ${text}`);
  if (faults.length > 0) throw invalid(faults);
  const value: unknown = document.toJS() ?? {};
  const lineOf = (field: Path): number => {
    for (let length = field.length; length > 0; length--) {
      const node: unknown = document.getIn(field.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  check(value, (field) => `${path}:${lineOf(field)}`);
  return value as ServeConfigInput;
}

/** YAML takes a token that begins with an asterisk as the name of something before it. That name is not shown. */
function danglingAliases(document: Document): { readonly at: number; readonly text: string }[] {
  const found: { at: number; text: string }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document)) return;
      found.push({ at: alias.range?.[0] ?? 0, text: "a value that begins with * has to stand in quotes" });
    },
  });
  return found;
}

/**
 * The whole configuration: what is not given has its default.
 * @throws NaliveError `NALIVE_INVALID_CONFIG`
 */
export function completeConfig(input: ServeConfigInput): ServeConfig {
  return check(input, () => "options");
}

function check(value: unknown, placeOf: (field: Path) => string): ServeConfig {
  const result = serveConfig.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap((issue) => describe(issue, value, placeOf)));
}

/** `nalive.yaml:3: bounds.maxViewers: expected int, received string "many"`. */
function describe(issue: z.core.$ZodIssue, value: unknown, placeOf: (field: Path) => string): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const field = [...issue.path, key];
      return `${placeOf(field)}: ${field.join(".")}: there is no such field`;
    });
  }
  const field = issue.path;
  if (issue.code === "invalid_key") {
    return [`${placeOf(field)}: ${field.join(".")}: ${issue.issues[0]?.message ?? issue.message}`];
  }
  const came = field.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
  // Also a token that stands where it does not belong: "publish: TOKEN".
  const isSecret = field[0] === "publish" || field[0] === "view";
  const shown = isSecret || came === undefined ? "" : ` (it is ${JSON.stringify(came)?.slice(0, 80)})`;
  return [`${placeOf(field)}: ${field.join(".") || "the configuration"}: ${issue.message}${shown}`];
}

function invalid(faults: readonly string[]): NaliveError {
  return new NaliveError("NALIVE_INVALID_CONFIG", faults.join("\n"));
}
