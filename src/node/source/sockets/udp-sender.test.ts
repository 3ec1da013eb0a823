import { describe, expect, it } from "vitest";
import { fromMilliseconds } from "../../../core/time.js";
import { UdpSender } from "./udp-sender.js";

/** Verdicts about datagrams from `address:port`, one per millisecond. */
function verdicts(origins: readonly string[], sender = new UdpSender(), startMs = 0): string[] {
  return origins.map((origin, index) => {
    const [address, port] = origin.split(":") as [string, string];
    return sender.admit({ address, port: Number(port) }, fromMilliseconds(startMs + index));
  });
}

const from = (address: string, ports: readonly number[]) => ports.map((port) => `${address}:${port}`);
const range = (length: number) => Array.from({ length }, (_, index) => index);
const counts = (list: readonly string[]) => ({
  begins: list.filter((verdict) => verdict === "begins").length,
  refused: list.filter((verdict) => verdict === "refused").length,
});

describe("UdpSender", () => {
  it.each([
    ["one port", range(500).map(() => 7000)],
    ["a new port for each datagram", range(500).map((index) => 7000 + index)],
    ["a new port for each picture", range(500).map((index) => 7000 + Math.floor(index / 20))],
    ["another port from one datagram on", range(500).map((index) => (index < 250 ? 7000 : 9000))],
    ["three ports in turns", range(500).map((index) => 7000 + (index % 3))],
    [
      "a new port that now and then is the one before",
      range(500).map((index) => 7000 + (index % 3 === 2 ? index - 2 : index)),
    ],
  ])("takes an address for one sender that uses %s", (_what, ports) => {
    const list = verdicts(from("10.0.0.1", ports));
    expect(list[0]).toBe("begins");
    expect(counts(list)).toEqual({ begins: 1, refused: 0 });
  });

  it("refuses another address until the first has been silent for two seconds", () => {
    const sender = new UdpSender();
    expect(verdicts(["10.0.0.1:7000", "10.0.0.2:7000"], sender)).toEqual(["begins", "refused"]);
    expect(verdicts(["10.0.0.2:7000"], sender, 1999)).toEqual(["refused"]);
    expect(verdicts(["10.0.0.2:7000", "10.0.0.1:7000"], sender, 2000)).toEqual(["begins", "refused"]);
  });

  it("continues with the same address after any silence, from any port", () => {
    const sender = new UdpSender();
    verdicts(["10.0.0.1:7000"], sender);
    expect(verdicts(["10.0.0.1:7001"], sender, 60_000)).toEqual(["continues"]);
  });

  it("stays with the first of two ports that keep taking turns, and begins again without the other", () => {
    const sender = new UdpSender();
    const turns = range(40).flatMap((turn) => Array<number>(5).fill(turn % 2 === 0 ? 7000 : 8000));
    const list = verdicts(from("10.0.0.1", turns), sender);
    const mixed = list.lastIndexOf("begins");
    expect(mixed).toBeLessThanOrEqual(8 * 5);
    expect(counts(list.slice(0, mixed))).toEqual({ begins: 1, refused: 0 });
    for (const [index, verdict] of list.slice(mixed).entries()) {
      const isFirst = turns[mixed + index] === 7000;
      expect(verdict).toBe(index === 0 ? "begins" : isFirst ? "continues" : "refused");
    }
    expect(verdicts(["10.0.0.1:8000"], sender, 5000)).toEqual(["begins"]);
  });
});
