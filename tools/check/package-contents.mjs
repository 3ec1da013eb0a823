// The rules for what `npm pack` puts into the package: everything that runs, no pictures, nothing
// for development, and less than a megabyte.

const needed = [
  "LICENSE",
  "README.md",
  "dist/browser/index.d.ts",
  "dist/browser/player-worker.js",
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

/**
 * @param {readonly string[]} paths of all files in the package
 * @param {number} size of the packed package, bytes
 * @returns {string[]} a sentence for each rule that is broken
 */
export function packageProblems(paths, size) {
  return [
    ...needed.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
    ...paths.filter((path) => unwanted.test(path)).map((path) => `${path} does not belong in the package`),
    ...(size > mostBytes
      ? [`The package has ${size} bytes, expected at most ${mostBytes}: see npm pack --dry-run`]
      : []),
  ];
}
