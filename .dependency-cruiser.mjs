// Which folder may import which: core ← h264 ← { live, wire } ← { node, browser } ← { cli,
// dashboard }. See CONTRIBUTING.md.

/** @import { IConfiguration, IForbiddenRuleType } from "dependency-cruiser" */

/** Folders of src by layer, the lowest first. Folders of one layer do not import each other. */
const layers = [["core"], ["h264"], ["live", "wire"], ["node", "browser"], ["cli"]];
/** A unit test may import anything. */
const test = "\\.test\\.ts$";
/** Layers that run in browsers too. */
const portable = "^src/(core|h264|live|wire)/";

/** @type {IForbiddenRuleType[]} */
const upward = layers.flatMap((layer, index) =>
  layer.map((folder) => {
    const forbidden = layers
      .slice(index)
      .flat()
      .filter((other) => other !== folder);
    return {
      name: `${folder}-imports-nothing-above-it`,
      comment: `${folder} imports only the layers below it, not ${forbidden.join(", ")}`,
      severity: "error",
      from: { path: `^src/${folder}/`, pathNot: test },
      to: { path: `^src/(${forbidden.join("|")})/` },
    };
  }),
);

/** The schema of the JSON API. */
const jsonApi = "^src/node/serve/api/schema\\.ts$";

/**
 * Lets only some files of src import a package, so that it can be replaced.
 *
 * @param {string} name
 * @param {string} files pattern of their paths
 * @returns {IForbiddenRuleType}
 */
function onlyIn(name, files) {
  return {
    name: `${name}-only-where-it-belongs`,
    comment: `${name} can be replaced: only ${files} imports it`,
    severity: "error",
    from: { path: "^src/", pathNot: [files, test] },
    to: { path: `(^|/)node_modules/(@types/)?${name}/` },
  };
}

/** @type {IConfiguration} */
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
      comment: "a page loads only nalive's own code, and none that needs Node",
      severity: "error",
      from: { path: "^src/browser/", pathNot: test },
      to: {
        pathNot: [
          "^(src/(core|h264|live|wire|browser)/|[^?]+\\?worker&inline$)",
          "node_modules/@types/react/",
        ],
      },
    },
    {
      name: "dashboard-uses-what-everybody-can",
      comment:
        "anybody could write the dashboard: it uses nalive/player, the JSON API, and a library for plots",
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
      comment: "published code cannot need unpublished code",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: ["^(test|tools|examples|dashboard)/", test] },
    },
    {
      name: "tools-keep-to-themselves",
      comment: "a tool uses what all tools share, never the inside of another tool",
      severity: "error",
      from: { path: "^tools/([^/]+)/" },
      to: { path: "^tools/", pathNot: "^tools/($1|setup|shared)/" },
    },
    {
      name: "src-imports-dependencies-only",
      comment: "package.json lists every package that src imports under dependencies",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        pathNot: "node_modules/@types/",
      },
    },
    {
      name: "no-cycles",
      comment: "two files that need each other cannot be understood alone",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      comment: "the imported file does not exist",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^[^?]+\\?worker&inline$" },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "^dist/"] },
    tsPreCompilationDeps: true,
    detectJSDocImports: true,
    tsConfig: { fileName: "tsconfig.node.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
