import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page, Worker } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { lanHost, lanName } from "../../tools/shared/chromium.mjs";
import { launchChromium, seenPictures, told, watchPictures } from "./chromium.js";
import { Relay } from "./relay.js";

/** Size of the pictures that are looked at: options of a `test:` address. */
export const size = "size=640x360";
const width = 640;

/** Whole numbers from `from` to before `to`. */
export const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A relay, and a page of Chromium for the player that watches it. */
export class Watching {
  relay!: Relay;
  page!: Page;
  readonly #where: "localhost" | "lan";
  #pageErrors: Error[] = [];

  /**
   * To be called in a `describe`: the same browser for all of its tests, for each of them another
   * relay and page.
   *
   * @param where the page's address: of this machine, or of a plain local network, where browsers
   *   have no WebCodecs
   */
  constructor(where: "localhost" | "lan" = "localhost") {
    this.#where = where;
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium(lanHost);
    });
    afterAll(() => browser?.close());
    beforeEach(async () => {
      this.relay = await Relay.start();
      this.page = await browser.newPage();
      this.#pageErrors = [];
      this.page.on("pageerror", (error) => this.#pageErrors.push(error));
      await watchPictures(this.page, width);
    });
    afterEach(async () => {
      await this.page.close();
      await this.relay.stop();
      expect(this.#pageErrors).toEqual([]);
    });
  }

  /** The page's address. */
  get url(): string {
    return this.#where === "lan" ? `http://${lanName}:${this.relay.port}/` : this.relay.url;
  }

  /** Opens the page, and waits until the player watches. */
  async open(): Promise<void> {
    await this.page.goto(this.url);
    await this.connected();
  }

  /** Waits until the player watches. */
  async connected(): Promise<void> {
    while (this.relay.viewers.size === 0) await sleep(10);
  }

  /** Publishes pictures at an even pace. @returns when each was sent, on the page's clock, ms */
  async send(units: readonly Uint8Array[], everyMs = 33): Promise<number[]> {
    const origin = await this.page.evaluate(() => performance.timeOrigin);
    const sentAt: number[] = [];
    for (const unit of units) {
      sentAt.push(Date.now() - origin);
      this.relay.publish(unit);
      await sleep(everyMs);
    }
    return sentAt;
  }

  /** The publisher has sent all; gives the player time to show it. */
  async end(ms = 300): Promise<void> {
    this.relay.endOfInput();
    await sleep(ms);
  }

  /** Opens the page. @returns the player's worker, once a decoder has been chosen */
  async openWorker(): Promise<Worker> {
    await this.page.goto(this.url);
    return this.worker();
  }

  /** The player's worker, once a decoder has been chosen. */
  async worker(): Promise<Worker> {
    await this.page.waitForFunction(() => document.querySelector("nalive-player")!.tierInUse);
    return this.page.workers()[0]!;
  }

  /** The events of that kind that the player has reported. */
  async told(event: string): Promise<Record<string, unknown>[]> {
    return (await told(this.page)).filter((each) => each.event === event);
  }

  /** What the player said of the decoders that it used. */
  async decoders(): Promise<string[]> {
    return (await this.told("tier")).map(({ why }) => why as string);
  }

  /** The numbers that the pictures in view had. */
  async numbers(): Promise<number[]> {
    return (await seenPictures(this.page)).map(({ number }) => number!);
  }

  /**
   * Sequence numbers of the pictures that could be shown; a machine with much else to do may skip
   * one for a newer one. Sorted: one that is skipped is told before the one that is being drawn.
   */
  async whole(): Promise<number[]> {
    const pictures = (await this.told("picture")).filter(({ outcome }) => outcome !== "held-back");
    return pictures.map(({ sequence }) => sequence as number).sort((a, b) => a - b);
  }
}
