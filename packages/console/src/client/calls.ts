/**
 * The calls of the console's API as types, derived from the definitions of its endpoints (api/endpoints/): what a call takes and what it
 * answers cannot differ from what the console serves. Nothing here exists at run time.
 */
import type { z } from "@hono/zod-openapi";
import type { ENDPOINTS } from "../api/endpoints/index.js";

type Endpoint = (typeof ENDPOINTS)[keyof typeof ENDPOINTS];
type CallOf<E> = E extends { method: infer M extends string; path: infer P extends string }
  ? `${Uppercase<M>} ${P}`
  : never;

/** `GET /api/nodes/{name}`, and so on. */
export type Call = CallOf<Endpoint>;
export type GetCall = Extract<Call, `GET ${string}`>;

type EndpointOf<C extends Call> = Endpoint extends infer E
  ? E extends unknown
    ? CallOf<E> extends C
      ? E
      : never
    : never
  : never;
type JsonOf<T> = T extends { content: { "application/json": { schema: infer S extends z.ZodType } } } ? S : never;
type RequestOf<C extends Call> = EndpointOf<C> extends { request: infer R } ? R : unknown;

/** What the call answers where it succeeds. */
export type Answer<C extends Call> =
  EndpointOf<C> extends { responses: infer R } ? z.output<JsonOf<R[keyof R & (200 | 201)]>> : never;

type Path<C extends Call> =
  RequestOf<C> extends { params: infer P extends z.ZodType } ? { readonly path: z.input<P> } : unknown;
type Query<C extends Call> =
  RequestOf<C> extends { query: infer Q extends z.ZodType } ? { readonly query?: z.output<Q> } : unknown;
type Body<C extends Call> = RequestOf<C> extends { body: infer B } ? { readonly body: z.input<JsonOf<B>> } : unknown;

/** What the call takes: `path` for its parameters, `query`, `body`. */
export type Input<C extends Call> = Path<C> & Query<C> & Body<C>;

/** The last argument may be left out where the call needs none. */
export type InputArguments<C extends Call> = unknown extends Path<C> & Body<C> ? [input?: Input<C>] : [input: Input<C>];
