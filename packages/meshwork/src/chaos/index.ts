/** @module meshwork/chaos: faults on running nodes, judged by the others, and the network lab that they run in (docs/chaos.md). */
export * from "@meshwork/chaos";
