/** For tests only (brings vitest in): the acceptance suite of the link, and a clock that is moved by hand. */
export * from "./acceptance.js";
export * from "./kit.js";
export * from "./manual-clock.js";
