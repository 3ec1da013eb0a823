export declare function cliArguments(given: readonly string[]): string[];
