// What runs in the page: WebCodecsDecoder as the player's worker uses it, and the steps of a case.

import { browserClock } from "../../src/browser/browser-clock.js";
import { DecoderKinds } from "../../src/browser/webcodecs/decoder-kinds.js";
import { WebCodecsDecoder, type WebCodecsPicture } from "../../src/browser/webcodecs/webcodecs-decoder.js";
import { IssueCounter } from "../../src/core/issues.js";
import { PresentationTime } from "../../src/live/playout/presentation-time.js";
import { type GivenPicture, type Outcome, runSteps, type Step } from "./contract-run.js";

Object.assign(window, { outcomeOf });

async function outcomeOf(steps: readonly Step[]): Promise<Outcome> {
  const pictures: Promise<GivenPicture>[] = [];
  const closes: (string | undefined)[] = [];
  const issues = new IssueCounter();
  const time = new PresentationTime(true);
  const decoder = await openDecoder(
    {
      push: (picture) => pictures.push(describe(picture, time.next(picture))),
      close: (reason) => closes.push(reason?.message),
    },
    issues,
  );
  const idle = async () => {
    while (decoder.owed > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const givenWhenIdle = await runSteps(steps, decoder, idle, () => pictures.length);
  const outcome = {
    given: await Promise.all(pictures),
    givenWhenIdle,
    issues: issues.list().map(({ code, count }) => ({ code, count })),
    closes: [...closes],
  };
  if (closes.length === 0) decoder.close();
  return outcome;
}

/** A decoder that is known to output pictures on request. */
function openDecoder(
  sink: { push(picture: WebCodecsPicture): void; close(reason?: Error): void },
  issues: IssueCounter,
): Promise<WebCodecsDecoder> {
  return new Promise((resolve, reject) => {
    const kinds = new DecoderKinds(() => resolve(decoder));
    const decoder = new WebCodecsDecoder(sink, issues, {
      clock: browserClock,
      kinds,
      isNewest: () => true,
      onLost: () => undefined,
      onUseless: reject,
      onIdle: () => undefined,
      onHeldBack: () => undefined,
    });
  });
}

async function describe(
  { frame, unit, lastUnit }: WebCodecsPicture,
  timestamp: number,
): Promise<GivenPicture> {
  if (frame.format !== "I420") throw new Error(`expected a frame of I420, got ${frame.format}`);
  const bytes = new Uint8Array(frame.allocationSize());
  await frame.copyTo(bytes);
  frame.close();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  const digest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { sequence: unit.sequence, lastSequence: lastUnit.sequence, timestamp, digest };
}
