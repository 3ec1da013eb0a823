/** How far behind the newest picture a video element is kept, s. */
const aim = { least: 0.03, most: 0.1 };
/** Further behind than this, it jumps. */
const jumpBeyond = 0.25;
/** How much faster it plays to come closer: nobody sees it. */
const hurry = 1.1;

/** Keeps a video element at the end of what it has: near by playing a little faster, from far away, and over gaps, by a jump. */
export class LiveEdge {
  readonly #video: HTMLVideoElement;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /** How far behind the newest picture it is, s. */
  get lag(): number {
    const { buffered, currentTime } = this.#video;
    return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime;
  }

  /** More has come. */
  follow(): void {
    const { buffered, currentTime } = this.#video;
    if (buffered.length === 0 || this.#video.seeking) return;
    const last = buffered.length - 1;
    const isInGap = currentTime < buffered.start(last);
    if (isInGap || this.lag > jumpBeyond) {
      this.#video.currentTime = Math.max(buffered.start(last), buffered.end(last) - aim.least);
      this.#video.playbackRate = 1;
    } else if (this.lag > aim.most) {
      this.#video.playbackRate = hurry;
    } else if (this.lag < aim.least) {
      this.#video.playbackRate = 1;
    }
  }
}
