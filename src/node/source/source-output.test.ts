import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.js";
import { SourceOutput } from "./source-output.js";

/** An output whose sink closes it at the call `closesAt`, and the calls of the sink. */
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

  it.each(Object.entries(heard))("closes in order when its sink closes it at %s", (at, expected) => {
    const { output, told } = closingAt(at);
    output.begin("a sender");
    output.push(Uint8Array.of(1));
    output.end();
    expect(told).toEqual(expected);
  });

  it("calls its sink no more after it is closed", () => {
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
