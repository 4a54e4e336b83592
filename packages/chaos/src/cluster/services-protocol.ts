/** Of the hub's services (services-process.ts). */
export interface Services {
  /** `gone`: connections are refused; `hanging`: requests are read and never answered. */
  collector: "ok" | "gone" | "hanging";
  /** `gone`: questions are read and never answered. */
  dns: "ok" | "gone";
}

export const COLLECTOR_PORT = 4_318;
export const DNS_PORT = 53;
