// A React 19 app, as somebody else writes it against the published package.
import type { NalivePlayerElement } from "nalive/player/react";
import { useRef } from "react";

export function Wall({ names }: { readonly names: readonly string[] }) {
  const first = useRef<NalivePlayerElement>(null);
  return (
    <div>
      {names.map((name) => (
        <nalive-player
          key={name}
          ref={first}
          src={`/streams/${name}/ws`}
          pace="smooth"
          className="camera"
          aria-label={name}
          onstate={({ detail }) => console.log(detail.type)}
          onheld={({ detail }) => console.log(detail.code, first.current?.statistics.heldBack)}
        />
      ))}
    </div>
  );
}

// @ts-expect-error src is needed
export const withoutSource = <nalive-player />;
// @ts-expect-error not a pace
export const tooFast = <nalive-player src="/streams/cam/ws" pace="fast" />;
