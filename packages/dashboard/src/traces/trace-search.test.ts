import { expect, test } from "vitest";
import { parseTraceSearch, traceQuery } from "./trace-search.js";

const queryOf = (search: string) => traceQuery(parseTraceSearch(search));

test("an empty address asks for traces across meshes", () => {
  expect(queryOf("?q=broker&mesh=mesh1")).toEqual({ crossMesh: "true" });
});

test("every field of the address reaches the API", () => {
  expect(queryOf("?kind=message&service=broker&operation=%20produce&min=1.5&errors=only&meshes=any")).toEqual({
    ...{ kind: "message", service: "broker", operation: "produce", minDurationMs: 1.5, errors: "true" },
  });
});

test.each(["?kind=nonsense", "?min=abc", "?min=-1", "?min=", "?min=1e12", "?errors=yes", "?operation=%20"])(
  "%s: what the API would refuse is not asked",
  (search) => {
    expect(queryOf(`${search}&meshes=any`)).toEqual({});
  },
);
