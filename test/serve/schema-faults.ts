/** What of JSON Schema the server's description uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly format?: string;
}

/** What in a value is not as its schema says. What the schema does not name is a fault, too. */
export function schemaFaults(
  value: unknown,
  schema: Schema,
  named: Readonly<Record<string, Schema>>,
  at = "answer",
): string[] {
  if (schema.$ref) return schemaFaults(value, named[schema.$ref.split("/").at(-1)!]!, named, at);
  const kind = Array.isArray(value) ? "array" : typeof value;
  const isRight = schema.type === "integer" ? Number.isInteger(value) : kind === schema.type;
  if (!isRight) return [`${at} is ${JSON.stringify(value)}, described as ${schema.type}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at} is ${value}, not one of ${schema.enum}`];
  if (schema.format === "date-time" && Number.isNaN(Date.parse(value as string)))
    return [`${at} is no time: ${value}`];
  if (schema.items) {
    return (value as unknown[]).flatMap((each, index) =>
      schemaFaults(each, schema.items!, named, `${at}[${index}]`),
    );
  }
  const { properties, required = [] } = schema;
  if (!properties) return [];
  const fields = value as Record<string, unknown>;
  return [
    ...required.filter((name) => !(name in fields)).map((name) => `${at}.${name} is missing`),
    ...Object.entries(fields).flatMap(([name, inner]) =>
      properties[name]
        ? schemaFaults(inner, properties[name], named, `${at}.${name}`)
        : [`${at}.${name} is not described`],
    ),
  ];
}
