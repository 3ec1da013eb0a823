import { z } from "zod";
import { type Operation, operations, type Success } from "./operations.js";
import { answers, components } from "./schema.js";

type Json = Readonly<Record<string, unknown>>;

const about = `Publish, watch and record live raw H.264. Every GET operation also answers HEAD.

Two WebSockets complete the interface: publishers connect to /publish/NAME, viewers to
/streams/NAME/ws. docs/wire.md describes their messages.`;

const needs = {
  none: "Needs no token.",
  view: "Needs the viewing or the publishing token, if the server sets a viewing token.",
  publish: "Needs the publishing token, if the server sets one.",
  manage: "Needs the publishing token, if the server sets one.",
} as const satisfies Record<Operation["access"], string>;

/** The description of the HTTP interface, OpenAPI 3.1. */
export function openApi(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [operationId, operation] of Object.entries<Operation>(operations)) {
    const { path, method } = operation;
    (paths[path] ??= {})[method.toLowerCase()] = describe(operationId, operation);
  }
  return {
    openapi: "3.1.0",
    info: { title: "nalive", version, description: about },
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        token: { type: "apiKey", in: "query", name: "token" },
      },
    },
  };
}

function describe(operationId: string, operation: Operation): Json {
  const { summary, access, params, body, success, also = [] } = operation;
  return {
    operationId,
    summary,
    description: needs[access],
    security: access === "none" ? [] : [{ bearer: [] }, { token: [] }, {}],
    parameters: Object.entries(params.shape).map(([name, schema]) => ({
      name,
      in: "path",
      required: true,
      ...parameter(schema),
    })),
    ...(body
      ? { requestBody: { required: true, content: Object.fromEntries(body.map((type) => [type, {}])) } }
      : {}),
    responses: {
      ...Object.fromEntries([success, ...also].map((each) => [each.status, response(each)])),
      default: { description: "The request failed", content: content({ json: answers.failure }) },
    },
  };
}

function parameter(schema: z.core.$ZodType): Json {
  const { $schema, description, ...rest } = z.toJSONSchema(schema);
  return { description, schema: rest };
}

function response({ description, ...body }: Success): Json {
  return body.json || body.media ? { description, content: content(body) } : { description };
}

function content({ json, media }: Pick<Success, "json" | "media">): Json {
  return json ? { "application/json": { schema: reference(json) } } : { [media!]: {} };
}

/** An answer has a name; only this description itself has none. */
function reference(schema: z.ZodType): Json {
  const id = components.get(schema)?.id;
  return id === undefined ? { type: "object" } : { $ref: uri(id) };
}

const uri = (id: string) => `#/components/schemas/${id}`;

/**
 * JSON Schema 2020-12, as OpenAPI 3.1 has it. `input`: readers must expect fields of later
 * versions.
 */
function schemas(): Json {
  const made = z.toJSONSchema(components, {
    io: "input",
    uri,
    override: ({ jsonSchema }) => tidy(jsonSchema),
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema]),
  );
}

/**
 * Leaves out what says nothing: the greatest number of JavaScript, and a pattern beside its format.
 */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format !== undefined) delete schema.pattern;
}
