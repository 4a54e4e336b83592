/** What runs inside a child process: a node, an inline host, the console. Kept apart so that a node loads no more than this. */
export type { InlineNodeOptions, ParentMessage } from "./child-protocol.js";
export {
  connectSupervisor,
  type Handlers,
  type Link,
  type OperationTable,
  type SupervisorAnnouncements,
  type SupervisorOperations,
} from "./console-link.js";
export { connectParent, EXIT_ORPHANED, type ParentLink } from "./parent-link.js";
export type { ManagedNode, ReadyInfo, ReadyNode, SpawnManyResult, SpawnRequest, SupervisorEvent } from "./types.js";
