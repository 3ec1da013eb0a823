import { type DecoderAbilities, isSupported, probeDecoder } from "./decoder-probe.js";

/** A kind of decoder that the browser has. */
export interface DecoderKind {
  readonly hardwareAcceleration: HardwareAcceleration;
  /** What it does; undefined until it has been tried out. */
  readonly abilities: DecoderAbilities | undefined;
}

/**
 * The kinds of H.264 decoder that the browser has, the best first: what it chooses itself, which is hardware where there is some,
 * then software. Each is tried out while it is used already: what nobody has to see can be decoded meanwhile.
 */
export class DecoderKinds {
  readonly #onUse: (why: string) => void;
  #others: readonly HardwareAcceleration[] = ["no-preference", "prefer-software"];
  /** Those that were used, in that order. */
  #used: DecoderKind[] = [];
  #current: DecoderKind | undefined;
  #failures: readonly string[] = [];

  /** @param onUse told when another kind is used that has been tried out, and why that one */
  constructor(onUse: (why: string) => void) {
    this.#onUse = onUse;
  }

  /** The one in use; undefined before `next` has found one. */
  get current(): DecoderKind | undefined {
    return this.#current;
  }

  /** True while there may be another kind to go to. */
  get hasNext(): boolean {
    return this.#indexOfCurrent < this.#used.length - 1 || this.#others.length > 0;
  }

  /** Why kinds that were tried are not used. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Which kind is used, how, and why not a better one. */
  get why(): string {
    const { hardwareAcceleration, abilities } = this.#current ?? {};
    if (!abilities) return "no decoder has been tried out yet";
    const how = abilities.outputsOnRequest ? "gives out each picture when asked" : "keeps its own order";
    return [`WebCodecs (${hardwareAcceleration}), ${how}`, ...this.#failures].join("; ");
  }

  /**
   * Goes to the next kind that the browser says it has.
   * @param failure of the one in use
   * @returns false when there is no other; the one in use stays
   */
  async next(failure?: string): Promise<boolean> {
    const next = this.#used[this.#indexOfCurrent + 1] ?? (await this.#find());
    if (!next) return false;
    if (failure !== undefined) this.#fail(failure);
    this.#use(next);
    return true;
  }

  /** Finds out what the kind in use does. @returns false when it decodes nothing, so that `next` never returns to it; undefined when another is in use by then */
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

  /** Goes back to the best one: what the others failed at is over. */
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
