/** What came of one run. */
export interface Run {
  readonly kind: string;
  readonly seed: number;
  readonly stream: string;
  readonly sent: number;
  readonly shown: number;
  readonly torn: number;
  readonly failures: readonly string[];
}

export interface KindResult {
  readonly kind: { readonly name: string };
  readonly runs: readonly Run[];
}

export function runSuite(settings: {
  readonly names?: readonly string[];
  readonly seeds: readonly number[];
  readonly atOnce: number;
  readonly onRun?: (run: Run) => void;
  readonly receiver?: object;
}): Promise<KindResult[]>;
