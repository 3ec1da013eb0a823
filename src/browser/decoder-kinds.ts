import { type DecoderAbilities, probeDecoder } from "./decoder-probe.js";

/** A kind of decoder that the browser has, and what it does. */
export interface DecoderKind {
  readonly hardwareAcceleration: HardwareAcceleration;
  readonly abilities: DecoderAbilities;
}

/**
 * The kinds of H.264 decoder that the browser has, the best first: what it chooses itself, which is hardware where there is some,
 * then software. Each is tried out when its turn comes.
 */
export class DecoderKinds {
  readonly #onUse: (why: string) => void;
  #untried: readonly HardwareAcceleration[] = ["no-preference", "prefer-software"];
  readonly #found: DecoderKind[] = [];
  #current: DecoderKind | undefined;
  #failures: readonly string[] = [];

  /** @param onUse told when another kind is used, and why that one */
  constructor(onUse: (why: string) => void) {
    this.#onUse = onUse;
  }

  /** The one in use; undefined before `next` has found one. */
  get current(): DecoderKind | undefined {
    return this.#current;
  }

  /** True while there may be another kind to go to. */
  get hasNext(): boolean {
    return this.#indexOfCurrent < this.#found.length - 1 || this.#untried.length > 0;
  }

  /** Why kinds that were tried are not used. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Which kind is used, how, and why not a better one. */
  get why(): string {
    if (!this.#current) return "no decoder has been tried out yet";
    const { hardwareAcceleration, abilities } = this.#current;
    const how = abilities.givesOutOnRequest ? "gives out each picture when asked" : "keeps its own order";
    return [`WebCodecs (${hardwareAcceleration}), ${how}`, ...this.#failures].join("; ");
  }

  /**
   * Goes to the next kind that decodes at all.
   * @param failure of the one in use
   * @returns false when there is no other; the one in use stays
   */
  async next(failure?: string): Promise<boolean> {
    const next = this.#found[this.#indexOfCurrent + 1] ?? (await this.#tryOut());
    if (!next) return false;
    this.#use(next, failure === undefined ? this.#failures : [...this.#failures, failure]);
    return true;
  }

  /** Goes back to the best one: what the others failed at is over. */
  restart(): void {
    const [best] = this.#found;
    if (best && best !== this.#current) this.#use(best, []);
  }

  get #indexOfCurrent(): number {
    return this.#current ? this.#found.indexOf(this.#current) : -1;
  }

  #use(kind: DecoderKind, failures: readonly string[]): void {
    this.#current = kind;
    this.#failures = failures;
    this.#onUse(this.why);
  }

  async #tryOut(): Promise<DecoderKind | undefined> {
    for (let kind = this.#untried[0]; kind !== undefined; kind = this.#untried[0]) {
      this.#untried = this.#untried.slice(1);
      try {
        const abilities = await probeDecoder(kind);
        if (abilities) {
          const found = { hardwareAcceleration: kind, abilities };
          this.#found.push(found);
          return found;
        }
        this.#failures = [...this.#failures, `WebCodecs does not decode H.264 here (${kind})`];
      } catch (error) {
        const reason = error instanceof Error ? error.message : error;
        this.#failures = [...this.#failures, `WebCodecs failed (${kind}): ${reason}`];
      }
    }
    return undefined;
  }
}
