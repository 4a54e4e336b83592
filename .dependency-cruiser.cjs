/**
 * Which room may import from which (docs/architecture.md, "Rooms"). scripts/import-rules.mjs runs this and asserts how many modules
 * were looked at, so that a set-up that finds none cannot pass.
 */
const ROOMS = {
  protocol: [],
  simulator: ["protocol"],
  transport: ["protocol"],
  telemetry: [],
  node: ["protocol", "transport", "telemetry"],
  supervisor: ["telemetry"],
  console: ["protocol", "node", "telemetry", "supervisor"],
  chaos: ["protocol", "simulator", "transport", "telemetry", "node", "supervisor"],
  // Types of the console's API, and the part of `node` that is made for pages; see the rules below.
  dashboard: ["console", "node"],
  meshwork: ["protocol", "simulator", "transport", "telemetry", "node", "supervisor", "console", "chaos"],
};

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `packages/${room} may import ${allowed.length === 0 ? "no other room" : `only ${allowed.join(", ")}`}`,
  severity: "error",
  from: { path: `^packages/${room}/(src|test)/` },
  to: { path: "^packages/", pathNot: [room, ...allowed].map((name) => `^packages/${name}/`) },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: "protocol-is-pure",
      comment: "the core takes clock, randomness and sockets as inputs: no Node API",
      severity: "error",
      from: { path: "^packages/protocol/src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-deep-imports",
      comment: "rooms meet at their faces: what package.json exports",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/[^/]+/src/", pathNot: "^packages/$1/" },
    },
    {
      name: "dashboard-takes-types-only",
      comment: "the page must not pull the console's server into the browser: its types, and its client",
      severity: "error",
      from: { path: "^packages/dashboard/src/" },
      to: {
        path: "^packages/console/",
        pathNot: "^packages/console/(src|dist)/client/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "client-is-browser-safe",
      comment: "the console's client runs in a page: no Node API, and only types of the rest of its room",
      severity: "error",
      from: { path: "^packages/console/src/client/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^packages/console/src/client/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "dashboard-takes-no-node-api",
      comment: "of the node room only what runs in a browser",
      severity: "error",
      from: { path: "^packages/dashboard/src/" },
      to: { path: "^packages/node/", pathNot: "^packages/node/(src|dist)/cpu-profile\\." },
    },
    {
      name: "examples-use-the-face",
      comment: "an example shows what a user can do: meshwork and nothing behind it",
      severity: "error",
      from: { path: "^examples/" },
      to: { path: "^packages/", pathNot: "^packages/meshwork/" },
    },
    {
      name: "no-packages-from-examples",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(examples|tests|bench|scripts)/" },
    },
    {
      name: "no-circular",
      comment: "types may refer to each other, code may not",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^virtual:" },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "^packages/[^/]+/dist/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
    },
  },
};
