// Which folder may import which: core ← h264 ← { live, wire } ← { node, browser } ← { cli, dashboard }. See CONTRIBUTING.md.

/** Folders of src by layer, the lowest first. Those of one layer do not know each other. The dashboard is outside of src. */
const layers = [["core"], ["h264"], ["live", "wire"], ["node", "browser"], ["cli"]];
/** The test beside a file may import anything. */
const test = "\\.test\\.ts$";
/** Layers that run in a browser too. */
const portable = "^src/(core|h264|live|wire)/";

const upward = layers.flatMap((layer, index) =>
  layer.map((folder) => {
    const forbidden = layers
      .slice(index)
      .flat()
      .filter((other) => other !== folder);
    return {
      name: `${folder}-imports-nothing-above-it`,
      comment: `${folder} knows only layers before it: not ${forbidden.join(", ")}`,
      severity: "error",
      from: { path: `^src/${folder}/`, pathNot: test },
      to: { path: `^src/(${forbidden.join("|")})/` },
    };
  }),
);

/** The schema of the JSON API. */
const jsonApi = "^src/node/serve/api/schema\\.ts$";

/** A package that only these files of src know. */
const onlyIn = (name, files) => ({
  name: `${name}-only-where-it-belongs`,
  comment: `so that it can be replaced: ${name} is imported in ${files} only`,
  severity: "error",
  from: { path: "^src/", pathNot: [files, test] },
  to: { path: `(^|/)node_modules/(@types/)?${name}/` },
});

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: "portable-layers-import-no-platform",
      comment: "core, h264, live and wire run wherever JavaScript does: no Node modules, no packages",
      severity: "error",
      from: { path: portable, pathNot: test },
      to: { pathNot: portable },
    },
    onlyIn("node-av", "^src/node/ffmpeg\\.ts$"),
    onlyIn("koffi", "^src/node/(display/sdl2|pipe-capacity|decode/isolated/linux-system-calls)\\.ts$"),
    onlyIn("ws", "^src/node/(source|target|serve)/"),
    onlyIn("(fastify|@fastify|pino|prom-client|zod|yaml)", "^src/node/serve/"),
    onlyIn("commander", "^src/cli/"),
    {
      name: "browser-imports-no-packages",
      comment: "all that a page loads is nalive's own code, and none of it is Node's",
      severity: "error",
      from: { path: "^src/browser/", pathNot: test },
      to: { pathNot: "^(src/(core|h264|live|wire|browser)/|[^?]+\\?worker&inline$)" },
    },
    {
      name: "dashboard-uses-what-everybody-can",
      comment:
        "the dashboard is a page as anybody could write it: nalive/player, the JSON API, and a library for plots",
      severity: "error",
      from: { path: "^dashboard/src/" },
      to: {
        pathNot: ["^dashboard/src/", "^dist/browser/index\\.d\\.ts$", jsonApi, "(^|/)node_modules/uplot/"],
      },
    },
    {
      name: "dashboard-imports-types-of-the-api-only",
      comment:
        "the types of the JSON API come from the server's schema, and nothing of the server reaches a browser",
      severity: "error",
      from: { path: "^dashboard/src/" },
      to: { path: "^dist/node/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "src-imports-no-tests-or-tools",
      comment: "what is published cannot need what is not",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: ["^(test|tools|examples|dashboard)/", test] },
    },
    {
      name: "tools-keep-to-themselves",
      comment: "a tool uses what all tools share, and nothing inside another tool",
      severity: "error",
      from: { path: "^tools/([^/]+)/" },
      to: { path: "^tools/", pathNot: "^tools/($1|setup|shared)/" },
    },
    {
      name: "src-imports-dependencies-only",
      comment: "a package that src imports stands in package.json's dependencies",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        pathNot: "node_modules/@types/",
      },
    },
    {
      name: "no-cycles",
      comment: "of two files that need each other, one is not understood alone",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "the import names nothing that exists",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^[^?]+\\?worker&inline$" },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "^dist/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.node.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
