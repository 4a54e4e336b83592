export { ApiContract, type Exchange, type Operation } from "./contract.js";
export { type Schema, SchemaCheck } from "./schema-check.js";
