import { type DecoderAbilities, isSupported, probeDecoder } from "./decoder-probe.js";

/** A kind of H.264 decoder in the browser. */
export interface DecoderKind {
  readonly hardwareAcceleration: HardwareAcceleration;
  /** undefined until the kind was tried. */
  readonly abilities: DecoderAbilities | undefined;
}

/**
 * The browser's kinds of H.264 decoder, best first: the browser's own choice, which is hardware
 * where there is some, then software. A kind is already in use while it is tried, for pictures that
 * nobody needs to see.
 */
export class DecoderKinds {
  readonly #onUse: (why: string) => void;
  #others: readonly HardwareAcceleration[] = ["no-preference", "prefer-software"];
  /** The kinds that were used, in that order. */
  #used: DecoderKind[] = [];
  #current: DecoderKind | undefined;
  #failures: readonly string[] = [];

  /** @param onUse called with the reason when a tried kind comes into use */
  constructor(onUse: (why: string) => void) {
    this.#onUse = onUse;
  }

  /** The kind in use; undefined before `next` has found one. */
  get current(): DecoderKind | undefined {
    return this.#current;
  }

  /** True while there may be another kind. */
  get hasNext(): boolean {
    return this.#indexOfCurrent < this.#used.length - 1 || this.#others.length > 0;
  }

  /** Why better kinds are not in use. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Which kind is in use, how, and why no better one. */
  get why(): string {
    const { hardwareAcceleration, abilities } = this.#current ?? {};
    if (!abilities) return "No decoder has been tried yet";
    const how = abilities.outputsOnRequest ? "outputs each picture on request" : "outputs in its own order";
    return [`WebCodecs (${hardwareAcceleration}), ${how}`, ...this.#failures].join("; ");
  }

  /**
   * Moves on to the next kind that the browser claims to have.
   * @param failure of the kind in use
   * @returns false when there is no other; the kind in use stays
   */
  async next(failure?: string): Promise<boolean> {
    const next = this.#used[this.#indexOfCurrent + 1] ?? (await this.#find());
    if (!next) return false;
    if (failure !== undefined) this.#fail(failure);
    this.#use(next);
    return true;
  }

  /**
   * Tries the kind in use.
   * @returns false when it decodes nothing, and `next` will not return to it; undefined when
   *   another kind is in use by then
   */
  async tryOut(): Promise<boolean | undefined> {
    const tried = this.#current;
    if (!tried) return undefined;
    const kind = tried.hardwareAcceleration;
    const abilities = await probeDecoder(kind).catch((error) => this.#fail(describe(kind, error)));
    const known = abilities && { ...tried, abilities };
    this.#used = this.#used.flatMap((each) => (each !== tried ? each : (known ?? [])));
    if (this.#current !== tried) return undefined;
    if (known) this.#use(known);
    return known !== undefined;
  }

  /** Returns to the best kind, because the stream at which it failed has ended. */
  restart(): void {
    const [best] = this.#used;
    if (!best || best === this.#current) return;
    this.#failures = [];
    this.#use(best);
  }

  get #indexOfCurrent(): number {
    return this.#current ? this.#used.indexOf(this.#current) : -1;
  }

  #use(kind: DecoderKind): void {
    this.#current = kind;
    if (kind.abilities) this.#onUse(this.why);
  }

  #fail(reason: string): undefined {
    this.#failures = [...this.#failures, reason];
  }

  async #find(): Promise<DecoderKind | undefined> {
    for (let kind = this.#others[0]; kind !== undefined; kind = this.#others[0]) {
      this.#others = this.#others.slice(1);
      const isThere = await isSupported(kind).catch((error) => this.#fail(describe(kind, error)));
      if (isThere) {
        const found = { hardwareAcceleration: kind, abilities: undefined };
        this.#used.push(found);
        return found;
      }
      if (isThere === false) this.#fail(`WebCodecs does not decode H.264 here (${kind})`);
    }
    return undefined;
  }
}

function describe(kind: HardwareAcceleration, error: unknown): string {
  return `WebCodecs failed (${kind}): ${error instanceof Error ? error.message : error}`;
}
