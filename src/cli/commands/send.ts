import type { Command } from "commander";
export function addSendCommand(_program: Command): void {}
