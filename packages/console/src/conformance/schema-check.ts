/**
 * Checks a value against the JSON Schema of the API document: the keywords that the document uses, and an error for any other, so that
 * nothing passes unchecked. Objects are closed: a field that the schema does not name is a complaint, though JSON Schema would let it be.
 */
export type Schema = { readonly [keyword: string]: unknown };

const IGNORED = new Set(["description", "example", "examples", "default", "title", "format"]);
const MAX_COMPLAINTS = 5;

export class SchemaCheck {
  readonly #schemas: Readonly<Record<string, Schema>>;

  /** `schemas`: `components.schemas` of the document. */
  constructor(schemas: Readonly<Record<string, Schema>>) {
    this.#schemas = schemas;
  }

  /** What does not fit, at most five. Throws on a schema that it does not understand. */
  complaints(schema: Schema, value: unknown): string[] {
    const found: string[] = [];
    this.#check(schema, value, "", found);
    if (typeof value === "object" && value !== null) this.#checkClosed(schema, value, "", found);
    return found.slice(0, MAX_COMPLAINTS);
  }

  resolve(schema: Schema): Schema {
    const reference = schema.$ref;
    if (reference === undefined) return schema;
    const name = typeof reference === "string" ? reference.replace("#/components/schemas/", "") : "";
    const found = this.#schemas[name];
    if (found === undefined) throw new Error(`no schema ${String(reference)}`);
    return this.resolve(found);
  }

  #check(schema: Schema, value: unknown, path: string, found: string[]): void {
    const own = this.resolve(schema);
    for (const [keyword, given] of Object.entries(own)) {
      if (IGNORED.has(keyword)) continue;
      const check = KEYWORDS[keyword];
      if (check === undefined) throw new Error(`the schema keyword ${keyword} is not checked`);
      const complaint = check.call(this, given, value, path, found, own);
      if (complaint !== undefined) found.push(`${path === "" ? "the value" : path}: ${complaint}`);
    }
  }

  /** For KEYWORDS: a part of the value under its own path. */
  checkPart(schema: Schema, value: unknown, path: string, found: string[]): void {
    this.#check(schema, value, path, found);
  }

  fits(schema: Schema, value: unknown): boolean {
    const found: string[] = [];
    this.#check(schema, value, "", found);
    return found.length === 0;
  }

  /** Fields that no part of the schema names, at any depth. */
  #checkClosed(schema: Schema, value: unknown, path: string, found: string[]): void {
    const parts = this.#partsFor(schema, value);
    if (Array.isArray(value)) {
      const items = parts.flatMap((part) => (part.items === undefined ? [] : [part.items as Schema]));
      for (const [index, item] of value.entries())
        for (const schemaOfItem of items) this.#checkClosed(schemaOfItem, item, `${path}[${index}]`, found);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const schemas = parts.flatMap((part) => {
        const named = (part.properties as Record<string, Schema> | undefined)?.[key];
        const others = part.additionalProperties;
        return named !== undefined ? [named] : typeof others === "object" && others !== null ? [others as Schema] : [];
      });
      const free = parts.some((part) => part.properties === undefined && part.additionalProperties === undefined);
      if (schemas.length === 0 && !free) found.push(`${path}.${key}: the document does not name this field`);
      for (const part of schemas) this.#checkClosed(part, inner, `${path}.${key}`, found);
    }
  }

  /** The schema taken apart: all of `allOf`, and the branch of `anyOf` that the value fits. */
  #partsFor(schema: Schema, value: unknown): Schema[] {
    const own = this.resolve(schema);
    if (Array.isArray(own.allOf)) return (own.allOf as Schema[]).flatMap((part) => this.#partsFor(part, value));
    if (Array.isArray(own.anyOf)) {
      const branch = (own.anyOf as Schema[]).find((part) => this.fits(part, value));
      return branch === undefined ? [own] : this.#partsFor(branch, value);
    }
    return [own];
  }
}

type Keyword = (
  this: SchemaCheck,
  given: unknown,
  value: unknown,
  path: string,
  found: string[],
  schema: Schema,
) => string | undefined;

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type(given, value) {
    const allowed = Array.isArray(given) ? given : [given];
    const is = typeNamesOf(value);
    return allowed.some((name) => is.includes(name as string)) ? undefined : `is ${is[0]}, not ${allowed.join(" or ")}`;
  },
  enum: (given, value) => ((given as unknown[]).includes(value) ? undefined : `${shown(value)} is none of the values`),
  const: (given, value) => (given === value ? undefined : `${shown(value)} is not ${shown(given)}`),
  minimum: (given, value) => atLeast(value, Number(given)),
  exclusiveMinimum: (given, value) =>
    typeof value === "number" && value <= Number(given) ? `${value} is not above ${given}` : undefined,
  maximum: (given, value) =>
    typeof value === "number" && value > Number(given) ? `${value} is above ${given}` : undefined,
  minLength: (given, value) => (typeof value === "string" ? atLeast([...value].length, Number(given)) : undefined),
  maxLength: (given, value) =>
    typeof value === "string" && [...value].length > Number(given) ? `is longer than ${given}` : undefined,
  pattern: (given, value) =>
    typeof value === "string" && !new RegExp(String(given), "u").test(value) ? "does not fit the pattern" : undefined,
  required(given, value) {
    if (!isObject(value)) return undefined;
    const missing = (given as string[]).filter((key) => !Object.hasOwn(value, key));
    return missing.length === 0 ? undefined : `${missing.join(", ")} is missing`;
  },
  properties(given, value, path, found) {
    if (!isObject(value)) return undefined;
    for (const [key, schema] of Object.entries(given as Record<string, Schema>))
      if (Object.hasOwn(value, key)) this.checkPart(schema, value[key], `${path}.${key}`, found);
    return undefined;
  },
  additionalProperties(given, value, path, found, schema) {
    if (!isObject(value)) return undefined;
    const named = (schema.properties ?? {}) as Record<string, Schema>;
    for (const [key, inner] of Object.entries(value)) {
      if (Object.hasOwn(named, key)) continue;
      if (given === false) return `${key} is not allowed`;
      if (typeof given === "object" && given !== null) this.checkPart(given as Schema, inner, `${path}.${key}`, found);
    }
    return undefined;
  },
  propertyNames(given, value, path, found) {
    if (isObject(value))
      for (const key of Object.keys(value)) this.checkPart(given as Schema, key, `${path}{${key}}`, found);
    return undefined;
  },
  items(given, value, path, found) {
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) this.checkPart(given as Schema, item, `${path}[${index}]`, found);
    return undefined;
  },
  allOf(given, value, path, found) {
    for (const schema of given as Schema[]) this.checkPart(schema, value, path, found);
    return undefined;
  },
  anyOf(given, value) {
    return (given as Schema[]).some((schema) => this.fits(schema, value)) ? undefined : "fits none of the alternatives";
  },
};

function atLeast(value: unknown, least: number): string | undefined {
  return typeof value === "number" && value < least ? `${value} is below ${least}` : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The most telling name first. */
function typeNamesOf(value: unknown): string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number") return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value];
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? "undefined";
}
