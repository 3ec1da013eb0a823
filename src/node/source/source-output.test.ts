import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { SourceOutput } from "./source-output.js";

/**
 * An output of which the sink closes it as soon as it hears the word `closesAt`, and what the sink
 * was told.
 */
function closingAt(closesAt: string): { output: SourceOutput; told: string[] } {
  const told: string[] = [];
  const hear = (word: string) => {
    told.push(word);
    if (word === closesAt) output.close();
  };
  const sink = {
    begin: () => hear("begin"),
    push: () => hear("push"),
    end: () => hear("end"),
    state: ({ type }: { type: string }) => hear(type),
    close: () => hear("close"),
  };
  const output: SourceOutput = new SourceOutput(sink, new FakeClock(), "none");
  return { output, told };
}

describe("SourceOutput", () => {
  const whole = ["connected", "begin", "push", "end", "ended"];
  const heard: Readonly<Record<string, readonly string[]>> = {
    connected: ["connected", "close"],
    begin: ["connected", "begin", "end", "ended", "close"],
    push: [...whole, "close"],
    end: ["connected", "begin", "push", "end", "close"],
    ended: [...whole, "close"],
  };

  it.each(Object.entries(heard))("closes in order when its sink wants that at %s", (at, expected) => {
    const { output, told } = closingAt(at);
    output.begin("a sender");
    output.push(Uint8Array.of(1));
    output.end();
    expect(told).toEqual(expected);
  });

  it("says nothing more once it is closed", () => {
    const { output, told } = closingAt("never");
    output.close();
    output.begin("a sender");
    output.push(Uint8Array.of(1));
    output.end();
    output.state({ type: "notice", message: "" });
    output.close();
    expect(told).toEqual(["close"]);
  });
});
