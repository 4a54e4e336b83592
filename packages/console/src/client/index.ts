export { ApiFailure } from "./api-failure.js";
export type { Answer, Call, GetCall, Input, InputArguments } from "./calls.js";
export { type CallOptions, ConsoleApi, type ConsoleApiOptions, type Target, targetOf } from "./console-api.js";
