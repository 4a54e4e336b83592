/** The supervisor room's face. What a child process needs is at `@meshwork/supervisor/child`, which loads little. */
export { type AncestorWatch, watchAncestors } from "./ancestors.js";
export type { ChildMessage, InlineNodeOptions, ParentMessage } from "./child-protocol.js";
export {
  connectSupervisor,
  type Handlers,
  type Link,
  type OperationTable,
  type SupervisorAnnouncements,
  type SupervisorOperations,
  serveConsole,
} from "./console-link.js";
export type { ConsoleHandle, ConsoleOptions } from "./console-process.js";
export {
  type ChildFailure,
  RemoteError,
  SUPERVISOR_ERRORS,
  SupervisorError,
  type SupervisorErrorCode,
} from "./errors.js";
export { connectParent, EXIT_ORPHANED, type ParentLink } from "./parent-link.js";
export { findPortOwner, type PortOwner, portTakenError } from "./port-owner.js";
export { isSameProcess, type ProcessInfo, readStartTime, signalExactly } from "./process-identity.js";
export { onStopSignals } from "./stop-signals.js";
export { createSupervisor } from "./supervisor.js";
export type * from "./types.js";
