/**
 * Gives each span a start finer than the SDK's whole milliseconds (epoch-clock.ts says why).
 *
 * Ends and events follow: the SDK derives them from the start and the monotonic clock. It offers no hook for the clock (a given
 * `startTime` makes the end coarse instead), so this reads two private fields of the pinned version; where they are
 * missing the span keeps the SDK's start. create.test.ts fails when an update takes them away.
 */
import type { HrTime } from "@opentelemetry/api";
import { millisToHrTime } from "@opentelemetry/core";
import type { Span, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { EpochClock } from "./epoch-clock.js";

const clock = new EpochClock(Date.now, () => performance.now(), performance.timeOrigin);

interface SdkSpan {
  startTime: HrTime;
  readonly _performanceStartTime?: number;
  readonly _startTimeProvided?: boolean;
}

export class PreciseStart implements SpanProcessor {
  onStart(span: Span): void {
    const sdkSpan = span as unknown as SdkSpan;
    if (sdkSpan._startTimeProvided !== false || sdkSpan._performanceStartTime === undefined) return;
    sdkSpan.startTime = millisToHrTime(clock.at(sdkSpan._performanceStartTime));
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
