export { type Clock, systemClock, type TimerHandle } from "./clock.js";
export * from "./create.js";
export { bindIrohEndpoint, type IrohEndpointOptions } from "./iroh/endpoint.js";
export { retainedSizes } from "./iroh/retained.js";
export { DEFAULT_LIMITS, type TransportLimits } from "./limits.js";
export * from "./link.js";
export { type MemoryEndpointOptions, MemoryNetwork, type MemoryNetworkOptions } from "./memory/network.js";
export { createTransport, type TransportOptions } from "./transport.js";
export * from "./types.js";
