/**
 * Holds answers of a console against its own document (`GET /api/openapi.json`). For the tests of this room and for `npm run fuzz`.
 */
import { type Schema, SchemaCheck } from "./schema-check.js";

interface Media {
  readonly schema?: Schema;
}

export interface Operation {
  readonly method: string;
  /** With `{parameters}`. */
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: "path" | "query" | "header";
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> } | undefined;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
  /** Needs the token. */
  readonly secured: boolean;
}

export interface Exchange {
  readonly method: string;
  /** As asked for, without query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

interface Document {
  readonly security?: readonly unknown[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const ERROR: Schema = { $ref: "#/components/schemas/Error" };
/** What is no endpoint, or not with this method, is answered with these alone. */
const OUTSIDE = [400, 401, 403, 404, 405, 408, 413, 415];

export class ApiContract {
  readonly operations: readonly Operation[];
  readonly check: SchemaCheck;

  /** `document`: the parsed JSON. Throws where it has no paths or schemas. */
  constructor(document: unknown) {
    const { paths, components, security = [] } = document as Document;
    this.check = new SchemaCheck(components.schemas);
    this.operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        parameters: (operation.parameters ?? []) as Operation["parameters"],
        requestBody: operation.requestBody as Operation["requestBody"],
        responses: operation.responses as Operation["responses"],
        secured: ((operation.security ?? security) as readonly unknown[]).length > 0,
      })),
    );
    if (this.operations.length === 0) throw new Error("the document has no operation");
  }

  /** HEAD is a GET without its body; an endpoint need not have it. */
  operationOf(method: string, path: string): Operation | undefined {
    const asked = method === "HEAD" ? "GET" : method;
    const parts = path.split("/");
    const fits = this.operations.filter(
      (operation) =>
        operation.method === asked &&
        operation.path.split("/").length === parts.length &&
        operation.path
          .split("/")
          .every((part, index) => (part.startsWith("{") ? parts[index] !== "" : part === parts[index])),
    );
    return fits.find((operation) => !operation.path.includes("{")) ?? fits[0];
  }

  /** What the answer says or is that the document does not allow; empty where it fits. */
  complaints(exchange: Exchange): string[] {
    const { method, path, status, body } = exchange;
    const type = exchange.contentType.split(";")[0]!.trim().toLowerCase();
    const operation = this.operationOf(method, path);
    if (operation === undefined) {
      if (!OUTSIDE.includes(status)) return [`${status} for what is no endpoint`];
      return method === "HEAD" ? [] : this.#jsonComplaints(ERROR, type, body);
    }
    if (method === "HEAD" && status === 405) return [];
    const response = operation.responses[String(status)];
    if (response === undefined) return [`the status ${status} is not declared`];
    if (method === "HEAD" || response.content === undefined) return [];
    const media = response.content[type];
    if (media === undefined) return [`the content type ${type || "(none)"} is not declared for ${status}`];
    if (type !== "application/json" || media.schema === undefined) return [];
    return this.#jsonComplaints(media.schema, type, body);
  }

  #jsonComplaints(schema: Schema, type: string, body: string): string[] {
    if (type !== "application/json") return [`an error of the type ${type || "(none)"}`];
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return ["the body is no JSON"];
    }
    return this.check.complaints(schema, value);
  }
}
