// A TypeDoc plugin that excuses public names which need no comment.
import { Comment, Converter, ReflectionKind } from "typedoc";

/** @import { Application, DeclarationReflection, ProjectReflection } from "typedoc" */

/**
 * One file per syntax structure of H.264. A member without a comment is the syntax element of that
 * name.
 */
const syntaxStructures = [
  "nal-unit",
  "sequence-parameter-set",
  "picture-parameter-set",
  "slice-header",
  "dec-ref-pic-marking",
  "sei",
  "vui-parameters",
].map((name) => `src/h264/syntax/${name}.ts`);

/** @param {Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Property)) {
      const property = /** @type {DeclarationReflection} */ (reflection);
      if (property.hasComment()) continue;
      if (isSyntaxElement(project, property)) property.comment = comment("The syntax element of that name.");
      else if (isOfAnonymousType(property)) property.comment = comment("See the type that holds it.");
    }
  });
}

/**
 * @param {ProjectReflection} project
 * @param {DeclarationReflection} property
 */
function isSyntaxElement(project, property) {
  const path = project.getSymbolIdFromReflection(property)?.packagePath;
  return path !== undefined && syntaxStructures.includes(path);
}

/**
 * True for `width` in `{ readonly width: number }` within another type, whose own comment says
 * enough.
 *
 * @param {DeclarationReflection} property
 */
const isOfAnonymousType = (property) => property.parent?.kindOf(ReflectionKind.TypeLiteral);

/** @param {string} text */
const comment = (text) => new Comment([{ kind: "text", text }]);
