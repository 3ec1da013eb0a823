import { annexB, concat } from "../support/bytes.js";
import type { BitWriter } from "../support/h264/bit-writer.js";
import { delimiter, sliceNal } from "../support/h264/coded-picture.js";
import { ppsNal, type SpsSyntax, spsNal } from "../support/h264/h264-syntax.js";
import type { Random } from "../support/random.js";

type Hostile = (random: Random) => Uint8Array;

const startCode = Uint8Array.of(0, 0, 1);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Picture sizes in macroblocks, the largest that the standard knows (level 6.2) and beyond. */
const largeSizes = [
  { widthInMbs: 512, heightInMapUnits: 272 },
  { widthInMbs: 256, heightInMapUnits: 512 },
  { widthInMbs: 1024, heightInMapUnits: 136 },
  { widthInMbs: 1, heightInMapUnits: 1055 },
  { widthInMbs: 1024, heightInMapUnits: 544 },
];
const allSizes = [
  ...largeSizes,
  { widthInMbs: 1, heightInMapUnits: 1 },
  { widthInMbs: 120, heightInMapUnits: 68 },
];

/** Streams written to cost more than they weigh, by what they do. */
const streams: Readonly<Record<string, Hostile>> = {
  "tiny NAL units": (random) => {
    const nal = random.pick([
      [0x41],
      [0x65],
      [0x06],
      [0x67],
      [0x68],
      [0x09],
      [0x0c],
      [0x42, 0xe0],
      [0x41, 0x9a],
      [0x80],
    ]);
    return concat(...times(random.size(60_000), () => concat(startCode, Uint8Array.from(nal))));
  },
  "tiny slices": (random) => {
    const syntax = { sps: {}, pps: {} };
    const nal = sliceNal({ idr: true, firstMbInSlice: random.below(300), payload: 0 }, syntax);
    return concat(
      annexB(spsNal(syntax.sps), ppsNal(syntax.pps)),
      ...times(random.size(40_000), () => concat(startCode, nal)),
    );
  },
  "a changed SPS before each picture": (random) => {
    const changes = times(8, () => spsNal({ levelIdc: random.below(256), widthInMbs: random.between(1, 8) }));
    const idr = sliceNal({ idr: true });
    return annexB(ppsNal(), ...times(random.size(8000), (index) => [changes[index % 8]!, idr]).flat());
  },
  "heavy parameter sets": (random) => {
    const heavy = ppsNal({ sliceGroups: explicitMap(random.pick([100, 5000, 38_000])) });
    const sets = times(random.size(256), (id) =>
      concat(ppsNal({ id }), heavy.subarray(0, random.pick([0, 16_000]))),
    );
    const changes = times(4, (index) => spsNal({ levelIdc: index + 10 }));
    return annexB(
      changes[0]!,
      ...sets,
      heavy,
      ...times(random.size(300), (index) => [
        changes[index % 4]!,
        sliceNal({ idr: true, ppsId: index % 3 }),
      ]).flat(),
    );
  },
  zeros: (random) =>
    concat(
      annexB(spsNal(), ppsNal(), sliceNal({ idr: true })),
      new Uint8Array(random.size(4_000_000)),
      random.pick([Uint8Array.of(1, 0x41), Uint8Array.of(3, 3, 3), new Uint8Array()]),
    ),
  "a NAL unit that never ends": (random) =>
    concat(
      annexB(spsNal(), ppsNal(), sliceNal({ idr: true })),
      new Uint8Array(random.size(random.chance(0.02) ? 18 * 2 ** 20 : 2 ** 20)).fill(
        random.pick([0xff, 3, 0x55]),
      ),
    ),
  "large pictures in few bytes": (random) => {
    const size = random.pick(largeSizes);
    const sps = spsNal({ ...size, ...deep(random), levelIdc: 62, maxNumRefFrames: random.pick([1, 4, 16]) });
    const idrOnly = random.chance(0.3);
    return annexB(
      sps,
      ppsNal({ cabac: random.chance(0.5) }),
      ...times(random.size(40), (index) =>
        sliceNal({
          idr: idrOnly || index === 0,
          idrPicId: index % 2,
          frameNum: idrOnly ? 0 : index,
          picOrderCntLsb: index * 2,
          type: idrOnly || index === 0 ? "I" : random.pick(["P", "I"]),
        }),
      ),
    );
  },
  "another size with each IDR picture": (random) => {
    const sizes = times(5, () =>
      spsNal({ ...random.pick(allSizes), ...deep(random), levelIdc: 62, maxNumRefFrames: 16 }),
    );
    return annexB(
      ...times(random.size(40), (index) => [
        random.pick(sizes),
        ppsNal(),
        sliceNal({ idr: true, idrPicId: index % 2 }),
      ]).flat(),
    );
  },
  "slices everywhere": (random) =>
    annexB(
      spsNal(),
      ppsNal(),
      ...times(random.size(20_000), () =>
        sliceNal({ idr: true, firstMbInSlice: random.size(299), payload: random.below(6) }),
      ),
      delimiter,
    ),
  "many pictures in few bytes": (random) =>
    annexB(
      spsNal({ widthInMbs: 4, heightInMapUnits: 4, maxNumRefFrames: 16 }),
      ppsNal(),
      ...times(random.size(4000), (index) =>
        sliceNal({
          idr: index === 0,
          frameNum: index,
          picOrderCntLsb: random.chance(0.9) ? index * 2 : random.below(16),
          nalRefIdc: random.pick([0, 2]) || (index === 0 ? 2 : 0),
          type: index === 0 ? "I" : random.pick(["P", "B", "I"]),
          mmco5: index > 0 && random.chance(0.05),
        }),
      ),
    ),
  "gaps in frame_num": (random) =>
    annexB(
      spsNal({
        log2MaxFrameNumMinus4: 0,
        maxNumRefFrames: random.below(17),
        gapsAllowed: random.chance(0.8),
      }),
      ppsNal(),
      ...times(random.size(400), (index) =>
        sliceNal({
          idr: index === 0,
          frameNum: random.below(16),
          picOrderCntLsb: random.below(16),
          type: index ? "P" : "I",
        }),
      ),
    ),
  "fields that find no partner": (random) => {
    const stream = {
      sps: { frameMbsOnly: false, heightInMapUnits: 8, maxNumRefFrames: 4, mbAdaptive: random.chance(0.5) },
    };
    return annexB(
      spsNal(stream.sps),
      ppsNal(),
      ...times(random.size(500), (index) => {
        const field = random.pick(["top", "bottom", undefined] as const);
        return sliceNal(
          {
            idr: index === 0,
            frameNum: random.below(3),
            picOrderCntLsb: random.below(16),
            ...(field ? { field } : {}),
          },
          stream,
        );
      }),
    );
  },
  "SEI messages without end": (random) => {
    const message = (index: number) =>
      Uint8Array.from([0x06, ...new Array<number>(index % 3000).fill(0xff), index % 255, 0, 0x80]);
    return annexB(
      spsNal(),
      ppsNal(),
      ...times(random.size(600), (index) => [message(index), sliceNal({ idr: true })]).flat(),
    );
  },
  "cuts between sound parts": (random) =>
    concat(
      ...times(random.size(400), () =>
        random.pick([
          startCode,
          random.bytes(random.size(8)),
          spsNal(),
          ppsNal(),
          sliceNal({ idr: random.chance(0.5) }),
        ]),
      ),
    ),
  noise: (random) => random.bytes(random.size(20_000)),
};

/** A stream that somebody wrote to hurt, and what it does. */
export function hostileStream(random: Random): { name: string; bytes: Uint8Array } {
  const name = random.pick(Object.keys(streams));
  return { name, bytes: streams[name]!(random) };
}

/** slice_group_map_type 6 with a map of `units` map units: the largest PPS possible. */
const explicitMap = (units: number) => (writer: BitWriter) => {
  writer.ue(7, 6, units - 1);
  for (let unit = 0; unit < units; unit++) writer.u(3, unit % 8);
};

/** Sometimes the samples that take the most memory: 14 bits, 4:4:4. */
function deep(random: Random): SpsSyntax {
  if (random.chance(0.5)) return {};
  const format = (writer: BitWriter) => writer.ue(3).flag(false).ue(6, 6).flag(false, false);
  return { profileIdc: 244, format };
}
