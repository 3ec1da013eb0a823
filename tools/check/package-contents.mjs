// What `npm pack` would put into the package: everything that is needed, no pictures, nothing that is for development
// only, and less than a megabyte.
import { execFileSync } from "node:child_process";
import { root } from "../setup/setup.mjs";

const needed = [
  "LICENSE",
  "README.md",
  "dist/browser/index.d.ts",
  "dist/browser/player.js",
  "dist/cli/main.js",
  "dist/dashboard/index.html",
  "dist/h264/index.d.ts",
  "dist/h264/index.js",
  "dist/node/index.d.ts",
  "dist/node/index.js",
  "dist/node/decode/isolated/decoder-child-main.js",
  "dist/node/serve/images/picture-worker.js",
  "dist/node/serve/index.d.ts",
  "dist/node/serve/index.js",
  "dist/node/stream/engine/engine-worker.js",
  "docs/errors.md",
  "docs/server.md",
  "docs/wire.md",
  "package.json",
];
const unwanted = /\.test\.|\.tsbuildinfo$|^(src|test|tools|examples|out)\/|\.(png|jpe?g|gif|webp|svg|mp4)$/;
const mostBytes = 1_000_000;

const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
  shell: process.platform === "win32",
});
const [tarball] = JSON.parse(packed);
const files = tarball.files.map(({ path }) => path);
const problems = [
  ...needed.filter((path) => !files.includes(path)).map((path) => `${path} is missing`),
  ...files.filter((path) => unwanted.test(path)).map((path) => `${path} does not belong in the package`),
  ...(tarball.size > mostBytes
    ? [`The package has ${tarball.size} bytes, expected at most ${mostBytes}: see npm pack --dry-run`]
    : []),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
