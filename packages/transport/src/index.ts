export * from "./link.js";
export * from "./types.js";
