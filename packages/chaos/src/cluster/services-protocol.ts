import type { CollectorState } from "./collector.js";

/** Of the hub's services (services-process.ts). */
export interface Services {
  collector: CollectorState;
  /** `gone`: questions are read and never answered. */
  dns: "ok" | "gone";
}

export const COLLECTOR_PORT = 4_318;
export const DNS_PORT = 53;
