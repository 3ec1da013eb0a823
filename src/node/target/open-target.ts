import { systemClock } from "../clock.js";
import { withoutSecrets } from "../source/url-parts.js";
import { AcceptingTarget, type OpenPort } from "./accepting-target.js";
import { DialingTarget, type OpenOutlet } from "./dialing-target.js";
import { openSocketOutlet, openSocketPort } from "./socket-target.js";
import { openFileOutlet, openStdoutOutlet } from "./stream-outlet.js";
import type { Target, TargetOptions } from "./target.js";
import { parseTargetUrl } from "./target-url.js";
import { openUdpOutlet } from "./udp-target.js";
import { openWsOutlet, openWsPort } from "./ws-target.js";

/**
 * Makes the target that an address names. Nothing is opened before `ready`.
 *
 * @throws NaliveError `NALIVE_INVALID_SOURCE` when the address makes no sense
 */
export function openTarget(url: string, options: TargetOptions = {}): Target {
  const address = parseTargetUrl(url);
  const {
    clock = systemClock,
    reconnect = true,
    onState: report = () => {},
    onKeyFrameRequest = () => {},
  } = options;
  const name = url === "-" ? "standard output" : withoutSecrets(url).replace(/\?.*$/s, "");
  const dial = (open: OpenOutlet, retry = reconnect): Target =>
    new DialingTarget(open, { name, clock, reconnect: retry, report });
  const accept = (open: OpenPort): Target => new AcceptingTarget(open, name, reconnect, report);

  switch (address.scheme) {
    case "stdout":
      return dial(async () => openStdoutOutlet(), false);
    case "file":
      return dial(() => openFileOutlet(address.path), false);
    case "tcp": {
      const { at } = address;
      if (at.listen) return accept(openSocketPort({ port: at.port, host: at.host }));
      return dial(openSocketOutlet({ host: at.host, port: at.port }, report));
    }
    case "udp":
      return dial(() => openUdpOutlet(address.host, address.port, address.datagramBytes));
    case "ws": {
      const { at } = address;
      return at.listen
        ? accept(openWsPort(at, onKeyFrameRequest))
        : dial(openWsOutlet(url, name, report, onKeyFrameRequest));
    }
    case "unix":
      return address.listen
        ? accept(openSocketPort({ path: address.path }))
        : dial(openSocketOutlet({ path: address.path }, report));
  }
}
