export * from "./errors.js";
export * from "./membership/types.js";
