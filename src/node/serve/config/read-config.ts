import { readFileSync } from "node:fs";
import { type Document, isNode, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import type { z } from "zod";
import { NaliveError } from "../../../core/errors.js";
import { didYouMean, nearestWord } from "../../source/did-you-mean.js";
import { type ServeConfig, type ServeConfigInput, serveConfig } from "./serve-config.js";
import { unreadableFile } from "./unreadable-file.js";

/** Keys from the top of the configuration to a field. */
type Path = readonly PropertyKey[];

/**
 * Reads a configuration file, YAML or JSON.
 * @throws NaliveError `NALIVE_INVALID_CONFIG`, which names line and field of each fault;
 *   `NALIVE_NO_SUCH_FILE`
 */
export function readConfigFile(path: string): ServeConfigInput {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadableFile(path, cause);
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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [
    ...document.errors.map((error) => ({ at: error.pos[0], text: yamlFault(error, text) })),
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
  check(value, (field, name) => `${path}:${lineOf(field)}: ${name}`);
  return value as ServeConfigInput;
}

/** The parser's message, or a better one for frequent mistakes. */
function yamlFault({ code, message, pos: [at] }: YAMLError, text: string): string {
  switch (code) {
    case "DUPLICATE_KEY":
      return `${/^[^\s:]*/.exec(text.slice(at))?.[0]}: This field stands here a second time`;
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'Put a value with a colon before a space, or at its end, in quotes, as in "test:"';
    case "MULTIPLE_DOCS":
      return "Expected one document, but a second one begins here";
    default:
      return message;
  }
}

/**
 * Unquoted, a token that begins with an asterisk is an alias in YAML. The message must not show it.
 */
function danglingAliases(document: Document): { readonly at: number; readonly text: string }[] {
  const found: { at: number; text: string }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document)) return;
      found.push({ at: alias.range?.[0] ?? 0, text: "Put a value that begins with * in quotes" });
    },
  });
  return found;
}

/** Says to a person where a field was set; `name` is its path with dots. */
export type PlaceOfField = (field: Path, name: string) => string;

/**
 * The complete configuration: fields that are left out get their defaults.
 * @throws NaliveError `NALIVE_INVALID_CONFIG`, which begins with the place of each fault
 */
export function completeConfig(
  input: ServeConfigInput,
  placeOf: PlaceOfField = (_field, name) => `options: ${name}`,
): ServeConfig {
  return check(input, placeOf);
}

function check(value: unknown, placeOf: PlaceOfField): ServeConfig {
  const result = serveConfig.safeParse(value, { error: expectation });
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => describe(issue, value, placeOf));
  throw invalid(faults.sort((a, b) => a.localeCompare(b, "en", { numeric: true })));
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a section with fields",
  record: "a section with fields",
};

/** What a field should have been; undefined leaves it to zod's own words. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `Expected ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `Expected one of ${issue.values.join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "Expected some text" : `Expected at least ${issue.minimum}`;
    case "too_big":
      return `Expected at most ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** `nalive.yaml:3: bounds.maxViewers: Expected a whole number, got "many"`. */
function describe(issue: z.core.$ZodIssue, value: unknown, placeOf: PlaceOfField): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const field = [...issue.path, key];
      const known = fieldsAt(issue.path);
      const meant = didYouMean(nearestWord(key, known));
      return `${placeOf(field, field.join("."))}: No such field, expected ${known.join(", ")}${meant}`;
    });
  }
  const field = issue.path;
  if (issue.code === "invalid_key") {
    return [`${placeOf(field, field.join("."))}: ${issue.issues[0]?.message ?? issue.message}`];
  }
  const came = field.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
  const name = field.join(".") || "configuration";
  const place = placeOf(field, name);
  if (came === null) return [`${place}: Empty; give it a value, or leave it out`];
  // A token may stand in the wrong place, as in "publish: TOKEN"; an address can hold a password.
  const isSecret = ["publish", "view", "sources"].includes(String(field[0]));
  const shown = isSecret || came === undefined ? "" : `, got ${JSON.stringify(came)?.slice(0, 80)}`;
  return [`${place}: ${issue.message}${shown}`];
}

/** Names of the fields of the configuration, or of a section of it. */
function fieldsAt(section: Path): string[] {
  const shape = section.reduce<unknown>((fields, key) => {
    const inner = (fields as Record<PropertyKey, { unwrap?: () => { shape: unknown } }>)[key];
    return inner?.unwrap?.().shape ?? {};
  }, serveConfig.shape);
  return Object.keys(shape as object);
}

function invalid(faults: readonly string[]): NaliveError {
  return new NaliveError("NALIVE_INVALID_CONFIG", faults.join("\n"));
}
