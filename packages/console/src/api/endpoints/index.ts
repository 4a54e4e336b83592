/** Every endpoint of the router, by name: handlers implement them, the document describes them, the client (client/) calls them. */
import * as actions from "./actions.js";
import * as alerts from "./alerts.js";
import * as chaos from "./chaos.js";
import * as history from "./history.js";
import * as live from "./live.js";
import * as tests from "./tests.js";
import * as traces from "./traces.js";

export const ENDPOINTS = {
  ...live,
  ...traces,
  ...{ history: history.history, historyState: history.historyState },
  ...alerts,
  ...chaos,
  ...tests,
  ...actions,
} as const;
