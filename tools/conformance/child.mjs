// Checks one stream in its own process. Arguments: DIR ROW
import { checkStream } from "./check-stream.mjs";

const [directory = "", row = ""] = process.argv.slice(2);
process.send?.(checkStream(directory, JSON.parse(row)));
process.disconnect();
