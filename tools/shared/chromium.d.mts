import type { Browser } from "playwright-core";

export const chromiumPath: string | undefined;
export const chromiumFlags: readonly string[];
export const whyNoChromium: string | undefined;
export const lanName: string;
export const lanHost: string;
export function launchChromium(...flags: string[]): Promise<Browser>;
