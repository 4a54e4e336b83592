/** The console room's face. The dashboard takes pure types from `@meshwork/console/api-types` and loads nothing of this. */
export type * from "./api-types.js";
export type { ChaosDesk } from "./chaos-desk.js";
export type { ConsoleClock } from "./clock.js";
export { type ConsoleOptions, type RunningConsole, startConsole } from "./console.js";
export { type ConvergenceOptions, checkConvergence, type ExpectedCluster } from "./convergence.js";
export { CONSOLE_ERRORS, ConsoleError, type ConsoleErrorCode } from "./errors.js";
export type { IntakeDecoders } from "./http/otlp.js";
export { METRIC_FAMILIES, type MetricFamily, type MetricName } from "./metrics/catalogue.js";
export { supervisorClientOf } from "./supervisor-adapter.js";
export type {
  ActionOutcome,
  DemoSwitch,
  ProcessAction,
  SpawnOrder,
  SpawnOutcome,
  SupervisedProcess,
  SupervisorClient,
} from "./supervisor-client.js";
export type { TestDesk } from "./test-desk.js";
