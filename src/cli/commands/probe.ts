import type { Command } from "commander";
export function addProbeCommand(_program: Command): void {}
