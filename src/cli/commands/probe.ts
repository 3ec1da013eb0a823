import type { Command } from "commander";
import { IssueCounter } from "../../core/issues.js";
import { receiveAccessUnits } from "../../h264/access-units/receive-access-units.js";
import { systemClock } from "../../node/clock.js";
import { FirstBytes } from "../../node/source/first-bytes.js";
import { openSource } from "../../node/source/open-source.js";
import { nothingFound } from "../nothing-found.js";
import {
  type PictureSize,
  type Range,
  StreamSummarizer,
  type StreamSummary,
} from "../probe/stream-summary.js";
import { onStopSignal } from "../stop-signals.js";
import { positive } from "../stream-arguments.js";
import { Terminal } from "../terminal.js";

interface ProbeArguments {
  readonly json?: true;
  readonly seconds: number;
}

/** Two groups of pictures show the structure of a live stream. */
const enoughRandomAccessPoints = 3;

/** Adds `nalive probe SOURCE`: a description of a stream. */
export function addProbeCommand(program: Command): void {
  program
    .command("probe <source>")
    .summary("describe a stream")
    .description(
      "Describe a stream: profile, size, rate, GOP, references, parameter sets. A file is read whole, a live " +
        "source until two groups of pictures have arrived.",
    )
    .option("--json", "print JSON")
    .option("--seconds <n>", "longest time to read a live source, from its first byte", positive, 5)
    .addHelpText("after", examples)
    .action(probe);
}

const examples = `
Examples:
  nalive probe clip.h264
  nalive probe --json "tcp://0.0.0.0:5000?listen" > stream.json`;

async function probe(name: string, given: ProbeArguments): Promise<void> {
  const terminal = new Terminal(false);
  const source = openSource(name, { reconnect: false });
  const isLive = source.kind === "live";
  const issues = new IssueCounter();
  const summarizer = new StreamSummarizer();
  const firstBytes = new FirstBytes();
  const stop = () => void source.stop();
  onStopSignal(stop);
  const receiver = receiveAccessUnits(
    {
      push: (unit) => {
        if (unit.corrects) return;
        summarizer.add(unit, receiver.parameterSets);
        if (isLive && summarizer.randomAccessPoints >= enoughRandomAccessPoints) stop();
      },
      close: () => undefined,
    },
    systemClock,
    issues,
    { isLive: false },
  );
  const failure = await new Promise<Error | undefined>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    source.start({
      begin: () => undefined,
      push: (chunk) => {
        firstBytes.push(chunk.data);
        if (isLive) timer ??= setTimeout(stop, given.seconds * 1000);
        receiver.input.push(chunk);
      },
      end: () => receiver.input.endOfInput(),
      state: (state) => {
        if (isLive) terminal.state(state);
      },
      close: (reason) => {
        clearTimeout(timer);
        resolve(reason);
      },
    });
  });
  if (failure) throw failure;
  const summary = summarizer.summary(receiver.parameterSets, issues.list(), isLive);
  if (!summary || firstBytes.recognize())
    throw nothingFound(source, firstBytes, receiver.parser.foundStartCode, issues);
  process.stdout.write(given.json ? `${JSON.stringify(summary, null, 2)}\n` : describe(summary));
}

function describe(summary: StreamSummary): string {
  const { color } = summary;
  const rows: [string, string][] = [
    [
      "codec",
      `H.264 ${summary.profile}, level ${summary.level} (${summary.codec}), ${summary.entropyCoding}`,
    ],
    ["size", sizes(summary)],
    ["samples", `${summary.chroma}, ${summary.bitDepth} bits, ${summary.scan}`],
    ["rate", rate(summary)],
    [
      "bitrate",
      summary.bitsPerSecond === undefined ? "unknown" : `${(summary.bitsPerSecond / 1e6).toFixed(2)} Mbit/s`,
    ],
    [
      "colour",
      color
        ? `matrix ${color.matrix}, primaries ${color.primaries}, transfer ${color.transfer}, ${color.fullRange ? "full" : "limited"} range`
        : "not stated",
    ],
    ["pictures", pictureCounts(summary)],
    [
      "random access",
      `${summary.idr} IDR, ${summary.recoveryPoints} recovery points${summary.gop ? `, every ${range(summary.gop)} ${unitOfRate(summary)}` : ""}`,
    ],
    ["slices", `${range(summary.slicesPerPicture)} per picture`],
    [
      "bytes",
      (["I", "P", "B"] as const)
        .flatMap((type) => {
          const bytes = summary.bytesByType[type];
          return bytes ? [`${type} ${range(bytes)}`] : [];
        })
        .join(", "),
    ],
    [
      "order",
      `pic_order_cnt_type ${summary.picOrderCntType}, reorder depth ${summary.seenReorderDepth} seen, ${summary.statedReorderDepth ?? "none"} stated`,
    ],
    ["references", `${summary.maxNumRefFrames} at most, DPB of ${summary.maxDpbFrames} frames`],
    [
      "parameter sets",
      `${counted("SPS", summary.parameterSets.sps)}, ${counted("PPS", summary.parameterSets.pps)} in ${summary.parameterSets.nalUnits} NAL units; VUI ${summary.hasVui ? (summary.hasBitstreamRestriction ? "with bitstream_restriction" : "without bitstream_restriction") : "absent"}`,
    ],
    ["delimiters", summary.hasAccessUnitDelimiters ? "yes" : "no"],
    [
      "SEI",
      Object.entries(summary.sei)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ") || "none",
    ],
  ];
  for (const feature of summary.unsupported) rows.push(["not decoded", feature]);
  for (const issue of summary.issues) rows.push(["issue", `${issue.code} ${issue.count}: ${issue.detail}`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join("");
}

function sizes({ sizes }: StreamSummary): string {
  return sizes
    .map((size) => `${describeSize(size)}${sizes.length > 1 ? ` (${size.pictures} pictures)` : ""}`)
    .join("; ");
}

function describeSize({ width, height, codedWidth, codedHeight, sampleAspectRatio }: PictureSize): string {
  const isCropped = width !== codedWidth || height !== codedHeight;
  const coded = isCropped ? `, coded as ${codedWidth}x${codedHeight}` : "";
  const isSquare = sampleAspectRatio === undefined || sampleAspectRatio === "1:1";
  return `${width}x${height}${coded}${isSquare ? "" : `, sample aspect ratio ${sampleAspectRatio}`}`;
}

function pictureCounts({ pictures, referenceB }: StreamSummary): string {
  const { total, frames, fields, I, P, B } = pictures;
  const coded =
    fields === 0 ? total : [...(frames > 0 ? [`${frames} frames`] : []), `${fields} fields`].join(" and ");
  return `${coded}: ${I} I, ${P} P, ${B} B${referenceB > 0 ? ` (${referenceB} B are references)` : ""}`;
}

/** Rates count frames, which are the pictures only where none is a field. */
function unitOfRate({ pictures }: StreamSummary): "frames" | "pictures" {
  return pictures.fields > 0 ? "frames" : "pictures";
}

function rate(summary: StreamSummary): string {
  const { statedRate, measuredRate } = summary;
  const stated =
    statedRate === undefined ? "not stated" : `${statedRate.toFixed(2)} ${unitOfRate(summary)}/s stated`;
  return measuredRate === undefined ? stated : `${stated}, ${measuredRate.toFixed(2)} measured`;
}

/** `2 PPS (ids 0, 7)` */
function counted(kind: "SPS" | "PPS", sets: readonly { readonly id: number }[]): string {
  return `${sets.length} ${kind} (${sets.length === 1 ? "id" : "ids"} ${sets.map(({ id }) => id).join(", ")})`;
}

function range({ min, mean, max }: Range): string {
  return min === max ? String(min) : `${min} to ${max} (mean ${mean.toFixed(mean < 100 ? 1 : 0)})`;
}
