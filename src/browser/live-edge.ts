/** How far behind the newest picture a video element is kept, s. */
const aim = { least: 0.03, most: 0.1 };
/** How much faster it plays to come closer: nobody sees it. */
const hurry = 1.1;
/** Further behind than this, it is seen to hurry, or jumps. */
const tooFar = 0.25;
/** Of how far behind it is, what it catches up in a second, and the most. */
const catchUp = { share: 4, most: 4 };

/**
 * Keeps a video element at the end of what it has, by playing faster: the further behind, the faster.
 *
 * It jumps over gaps, and to a random access point that it has not reached. Nowhere else: after a jump a browser decodes again from the last
 * random access point on, which takes longer than going on, and where the processor is busy so long that it would jump again, for ever.
 */
export class LiveEdge {
  readonly #video: HTMLVideoElement;
  #randomAccessAt = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /** The newest random access point is shown at this time of the video element, s. */
  noteRandomAccess(at: number): void {
    this.#randomAccessAt = at;
  }

  /** How far behind the newest picture it is, s. */
  get lag(): number {
    const { buffered, currentTime } = this.#video;
    return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime;
  }

  /** More has come. */
  follow(): void {
    const { buffered, currentTime, seeking } = this.#video;
    if (buffered.length === 0 || seeking) return;
    const last = buffered.length - 1;
    const [start, end] = [buffered.start(last), buffered.end(last)];
    const randomAccess = Math.max(start, this.#randomAccessAt < end ? this.#randomAccessAt : 0);
    if (currentTime < start || (this.lag > tooFar && currentTime <= randomAccess)) {
      this.#video.currentTime = Math.max(randomAccess, end - aim.least);
      this.#video.playbackRate = 1;
    } else if (this.lag > tooFar) {
      this.#video.playbackRate = Math.min(1 + this.lag * catchUp.share, catchUp.most);
    } else if (this.lag > aim.most) {
      this.#video.playbackRate = hurry;
    } else if (this.lag < aim.least) {
      this.#video.playbackRate = 1;
    }
  }
}
