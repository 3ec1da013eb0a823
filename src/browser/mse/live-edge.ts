/** What a video element is to have left to play, s: so far behind is it kept. */
const aim = { least: 0.03, most: 0.1 };
/** How much faster it plays to come closer: nobody sees it. */
const hurry = 1.1;
/** With more left than this, it is seen to hurry; so far behind the newest, it jumps. */
const tooFar = 0.25;
/**
 * Pictures behind a gap after which nothing will fill it. One is there before the B pictures that
 * are shown before it, as Firefox tells what is buffered.
 */
const picturesBehindGap = 3;
/** How exactly browsers tell what is buffered, s: less than any picture lasts. */
const tolerance = 0.001;
/** Of what it has left, what it catches up in a second, and the most. */
const catchUp = { share: 4, most: 4 };

/**
 * Keeps a video element at the end of what it has, by playing faster: the further behind, the
 * faster.
 *
 * It jumps over gaps, and to a random access point that it has not reached. Nowhere else: after a
 * jump a browser decodes again from the last random access point on, which takes longer than going
 * on, and where the processor is busy so long that it would jump again, for ever.
 */
export class LiveEdge {
  readonly #video: HTMLVideoElement;
  #randomAccessAt = 0;
  /** When the newest pictures are shown, in decoding order, s. */
  #newest: number[] = [];
  /** When the first picture is shown that is worth it, s. */
  #edgeAt = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /**
   * A picture has been given to the video element, to be shown at this time of its own, s.
   * @param isBeforeEdge only newer ones are worth showing: there is no jump before one of those is
   *   there
   */
  notePicture(at: number, isRandomAccess: boolean, isBeforeEdge: boolean): void {
    if (isRandomAccess) this.#randomAccessAt = at;
    this.#newest = [...this.#newest.slice(1 - picturesBehindGap), at];
    if (isBeforeEdge) this.#edgeAt = Number.POSITIVE_INFINITY;
    else this.#edgeAt = Math.min(this.#edgeAt, at);
  }

  /** The video element begins anew. */
  reset(): void {
    this.#randomAccessAt = 0;
    this.#newest = [];
    this.#edgeAt = 0;
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
    if (end <= this.#edgeAt) return;
    const randomAccess = this.#randomAccessAt < end ? this.#randomAccessAt : 0;
    const isBehindGap = (at: number) => at > start - tolerance;
    const isGap = currentTime < start && (isBehindGap(randomAccess) || this.#newest.every(isBehindGap));
    if (isGap || (this.lag > tooFar && currentTime <= randomAccess)) {
      this.#video.currentTime = Math.max(start, randomAccess, end - aim.least);
      this.#video.playbackRate = 1;
      return;
    }
    const left = this.#left;
    if (left > tooFar) this.#video.playbackRate = Math.min(1 + left * catchUp.share, catchUp.most);
    else if (left > aim.most) this.#video.playbackRate = hurry;
    else if (left < aim.least) this.#video.playbackRate = 1;
  }

  /** What it can play before it has to wait, s: not what is behind a gap. */
  get #left(): number {
    const { buffered, currentTime } = this.#video;
    for (let index = buffered.length - 1; index >= 0; index--) {
      if (buffered.start(index) <= currentTime) return Math.max(0, buffered.end(index) - currentTime);
    }
    return 0;
  }
}
