import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { addressMeant, didYouMean, nearestWord } from "../did-you-mean.js";

/** Says that a file is missing, and what was probably meant: an address, or a file beside it. */
export function noSuchFile(path: string): string {
  const meant = addressMeant(path) ?? fileMeant(path);
  const advice = ". Expected a file, or an address such as tcp://192.168.1.20:5000";
  return `No such file: ${path}${meant === undefined ? advice : didYouMean(meant)}`;
}

function fileMeant(path: string): string | undefined {
  try {
    const name = nearestWord(basename(path), readdirSync(dirname(path)));
    return name && join(dirname(path), name);
  } catch {
    return undefined;
  }
}
