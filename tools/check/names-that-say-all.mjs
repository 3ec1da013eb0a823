// A TypeDoc plugin: which public names need no comment of their own.
import { Comment, Converter, ReflectionKind } from "typedoc";

/** A file for each syntax structure of H.264. There a member without a comment is the syntax element of that name. */
const syntaxStructures = [
  "nal-unit",
  "sequence-parameter-set",
  "picture-parameter-set",
  "slice-header",
  "sei",
  "vui-parameters",
].map((name) => `src/h264/syntax/${name}.ts`);

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const property of project.getReflectionsByKind(ReflectionKind.Property)) {
      if (property.hasComment()) continue;
      if (isSyntaxElement(project, property)) property.comment = text("The syntax element of that name.");
      else if (isOfAnonymousType(property)) property.comment = text("See the type that holds it.");
    }
  });
}

const isSyntaxElement = (project, property) =>
  syntaxStructures.includes(project.getSymbolIdFromReflection(property)?.packagePath);

/** `{ readonly width: number }` within a type: what holds it has the comment. */
const isOfAnonymousType = (property) => property.parent.kindOf(ReflectionKind.TypeLiteral);

const text = (words) => new Comment([{ kind: "text", text: words }]);
