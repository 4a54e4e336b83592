/**
 * The shapes of the console's API as pure types: what the dashboard and the `mesh` command import
 * (`@meshwork/console/api-types`). Nothing here exists at run time; schemas.ts is the source and says what each field means.
 */
import type { z } from "@hono/zod-openapi";
import type * as alerts from "./alert-schemas.js";
import type * as histories from "./history-schemas.js";
import type * as profiles from "./profile-schemas.js";
import type * as schemas from "./schemas.js";

export type ApiError = z.infer<typeof schemas.ErrorBody>;
export type Health = z.infer<typeof schemas.Health>;
export type FrameCounts = z.infer<typeof schemas.FrameCounts>;
export type PeerRef = z.infer<typeof schemas.PeerRef>;
export type ProcessView = z.infer<typeof schemas.ProcessView>;
export type BootState = z.infer<typeof schemas.BootState>;
export type BootView = z.infer<typeof schemas.BootView>;
export type NodeState = z.infer<typeof schemas.NodeState>;
export type ObserverView = z.infer<typeof schemas.ObserverView>;
export type NodeView = z.infer<typeof schemas.NodeView>;
export type NodeDetail = z.infer<typeof schemas.NodeDetail>;
export type LinkView = z.infer<typeof schemas.LinkView>;
export type DirectoryLine = z.infer<typeof schemas.DirectoryLine>;
export type DirectoryView = z.infer<typeof schemas.DirectoryView>;
export type SeenView = z.infer<typeof schemas.SeenView>;
export type MessageView = z.infer<typeof schemas.MessageView>;
export type TraceSummary = z.infer<typeof schemas.TraceSummary>;
export type SpanView = z.infer<typeof schemas.SpanView>;
export type TraceView = z.infer<typeof schemas.TraceView>;
export type BootStep = z.infer<typeof schemas.BootStep>;
export type BootTrace = z.infer<typeof schemas.BootTrace>;
export type ServiceRef = z.infer<typeof schemas.ServiceRef>;
export type ServiceEdge = z.infer<typeof schemas.ServiceEdge>;
export type NodeEdge = z.infer<typeof schemas.NodeEdge>;
export type ServiceGraph = z.infer<typeof schemas.ServiceGraph>;
export type EventView = z.infer<typeof schemas.EventView>;
export type StoreView = z.infer<typeof schemas.StoreView>;
export type MeshSummary = z.infer<typeof schemas.MeshSummary>;
export type ClusterSummary = z.infer<typeof schemas.ClusterSummary>;
export type Convergence = z.infer<typeof schemas.Convergence>;
/** Data of the stream's `snapshot`, `delta` and `ping` events. */
export type Snapshot = z.infer<typeof schemas.Snapshot>;
export type EventSnapshot = z.infer<typeof schemas.EventSnapshot>;
export type Delta = z.infer<typeof schemas.Delta>;
export type Ping = z.infer<typeof schemas.Ping>;
export type SpawnRequest = z.input<typeof schemas.SpawnRequest>;
export type SpawnedProcess = z.infer<typeof schemas.SpawnedProcess>;
export type SpawnResult = z.infer<typeof schemas.SpawnResult>;
export type ActionResult = z.infer<typeof schemas.ActionResult>;
export type SendRequest = z.input<typeof schemas.SendRequest>;
export type SendResult = z.infer<typeof schemas.SendResult>;
export type ProfileRequest = z.input<typeof profiles.ProfileRequest>;
export type ProfileResult = z.infer<typeof profiles.ProfileResult>;
export type ProfileWindow = z.infer<typeof profiles.ProfileWindow>;
export type DemoResult = z.infer<typeof schemas.DemoResult>;
export type HistoryMark = z.infer<typeof histories.HistoryMark>;
export type HistoryStore = z.infer<typeof histories.HistoryStore>;
export type HistoryView = z.infer<typeof histories.HistoryView>;
export type HistoryState = z.infer<typeof histories.HistoryState>;
export type AlertView = z.infer<typeof alerts.AlertView>;
export type AlertCounts = z.infer<typeof alerts.AlertCounts>;
export type AlertRuleView = z.infer<typeof alerts.AlertRuleView>;
export type AlertList = z.infer<typeof alerts.AlertList>;
export type NodeList = z.infer<typeof schemas.NodeList>;
export type LinkList = z.infer<typeof schemas.LinkList>;
export type MessageList = z.infer<typeof schemas.MessageList>;
export type EventList = z.infer<typeof schemas.EventList>;
export type TraceList = z.infer<typeof schemas.TraceList>;
