/**
 * The words of a command line: split at white space, except inside what is filled in.
 *
 * @example words`ffmpeg -i ${path} -f null -`
 *
 * @param {TemplateStringsArray} texts
 * @param {...(string | number)} values
 */
export function words(texts, ...values) {
  const found = [""];
  texts.forEach((text, index) => {
    const [end = "", ...more] = text.split(/\s+/);
    found[found.length - 1] += end;
    found.push(...more);
    if (index < values.length) found[found.length - 1] += `${values[index]}`;
  });
  return found.filter((word) => word !== "");
}
