// `npm run docs`: docs/ and an API reference from the docstrings as a static site in out/site,
// which works offline.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { installPackages, root } from "../setup/setup.mjs";

installPackages();
process.chdir(root);
const { Application, Converter, JSX, ReflectionKind } = await import("typedoc");

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const site = join("out", "site");
const front = "docs/index.md";
const pages = linkedPages();

const app = await Application.bootstrapWithPlugins({
  options: "typedoc.json",
  emit: "docs",
  out: site,
  readme: front,
  projectDocuments: pages.map(({ path }) => path),
  sort: ["kind", "instance-first", "alphabetical-ignoring-documents"],
  groupOrder: [...new Set(pages.map(({ group }) => group)), "Modules", "*"],
  navigation: { includeGroups: true, includeCategories: false },
  navigationLinks: { GitHub: `${manifest.homepage}` },
  customCss: "tools/docs/site.css",
  highlightLanguages: ["js", "ts", "html", "python", "sh", "yaml", "json"],
});
app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
  const link = pages.find(({ path }) => path === `${page.name}.md`);
  page.name = link?.title ?? page.name;
  page.frontmatter.group = link?.group;
});
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  const names = moduleNames();
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    module.name = names.get(module.name) ?? module.name;
  }
});

app.renderer.hooks.on("head.end", () => {
  const script = `(${openGroups})(${JSON.stringify(pages.map(({ group }) => group))})`;
  return JSX.createElement("script", null, JSX.createElement(JSX.Raw, { html: script }));
});

const project = await app.convert();
for (const group of project?.groups ?? []) if (group.title === "Modules") group.title = "API reference";
if (project) await app.generateOutputs(project);
const dead = project ? deadLinks() : [];
for (const link of dead) console.error(link);
const isSound = project && !app.logger.hasErrors() && !app.logger.hasWarnings() && dead.length === 0;
if (isSound) console.log(`Open ${join(site, "index.html")}`);
else process.exitCode = 1;

/**
 * The pages in the order in which the front page links to them, then the design pages in the order
 * of ARCHITECTURE.md. A link's text is the page's title, the heading above it the page's group.
 */
function linkedPages() {
  const design = linksOf("ARCHITECTURE.md").filter(({ group }) => group === "The hard parts");
  const all = [...linksOf(front), ...design.map((link) => ({ ...link, group: "Design" }))];
  return all.filter(({ path }, index) => all.findIndex((other) => other.path === path) === index);
}

/**
 * Runs in the page: TypeDoc remembers which groups of its navigation are open; at first these are.
 * @param {string[]} groups
 */
function openGroups(groups) {
  for (const key of groups.map((group) => `tsd-accordion-${group}`)) {
    if (localStorage.getItem(key) === null) localStorage.setItem(key, "true");
  }
}

/** @param {string} page */
function linksOf(page) {
  let group = "";
  return readFileSync(page, "utf8")
    .split("\n")
    .flatMap((line) => {
      group = /^## (.*)/.exec(line)?.[1] ?? group;
      return [...line.matchAll(/\[([^\]]+)\]\(([^)#:]+\.md)\)/g)].map(([, title = "", target = ""]) => {
        return { path: posix.join(posix.dirname(page), target), title, group };
      });
    });
}

/** What a program imports, by TypeDoc's name of the file that it comes from. */
function moduleNames() {
  return new Map(
    Object.entries(manifest.exports).flatMap(([path, { types }]) => {
      const file = /^\.\/dist\/(.*?)(\/index)?\.d\.ts$/.exec(types ?? "")?.[1];
      return file === undefined ? [] : [[file, posix.join(manifest.name, path)]];
    }),
  );
}

/** Links of the site to files that are missing. */
function deadLinks() {
  return readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".html"))
    .flatMap((path) => {
      const html = readFileSync(join(site, path), "utf8");
      return [...html.matchAll(/\s(?:href|src)="([^"#?:]+)(?:[#?][^"]*)?"/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !existsSync(resolve(site, dirname(path), decodeURI(target))))
        .map((target) => `${join(site, path)}: ${target} is missing`);
    });
}
