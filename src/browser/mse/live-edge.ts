/** How far behind the newest picture the video element is kept, s: what it has left to play. */
const aim = { least: 0.03, most: 0.1 };
/** How much faster it plays to catch up without anybody seeing it. */
const hurry = 1.1;
/**
 * With more than this left to play, it visibly hurries, s. This far behind the newest picture, it
 * jumps.
 */
const tooFar = 0.25;
/**
 * Pictures behind a gap from which nothing will fill it. In Firefox's buffered ranges one picture
 * appears before the B pictures that are shown before it.
 */
const picturesBehindGap = 3;
/** Precision of the buffered ranges that browsers report, s: less than any picture lasts. */
const tolerance = 0.001;
/** Share of what is left to play that it catches up per second, and the highest rate. */
const catchUp = { share: 4, most: 4 };

/**
 * Keeps a video element at the end of what it has by playing faster, the further behind the faster.
 *
 * It jumps over gaps and to a random access point ahead, and nowhere else. After a jump a browser
 * decodes again from the last random access point, which takes longer than playing on. On a busy
 * processor it takes so long that the element would jump again and again.
 */
export class LiveEdge {
  readonly #video: HTMLVideoElement;
  #randomAccessAt = 0;
  /** Presentation times of the newest pictures, in decoding order, s. */
  #newest: number[] = [];
  /** Presentation time of the first picture that is worth showing, s. */
  #edgeAt = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /**
   * Notes a picture appended for this time of the video element, s.
   * @param isBeforeEdge only newer pictures are worth showing: no jump before one of those is there
   */
  notePicture(at: number, isRandomAccess: boolean, isBeforeEdge: boolean): void {
    if (isRandomAccess) this.#randomAccessAt = at;
    this.#newest = [...this.#newest.slice(1 - picturesBehindGap), at];
    if (isBeforeEdge) this.#edgeAt = Number.POSITIVE_INFINITY;
    else this.#edgeAt = Math.min(this.#edgeAt, at);
  }

  /** Starts again with an empty video element. */
  reset(): void {
    this.#randomAccessAt = 0;
    this.#newest = [];
    this.#edgeAt = 0;
  }

  /** How far the video element is behind the newest picture, s. */
  get lag(): number {
    const { buffered, currentTime } = this.#video;
    return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime;
  }

  /** Adjusts rate and position after more was appended. */
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

  /** What the element can play before it has to wait, s. What lies behind a gap does not count. */
  get #left(): number {
    const { buffered, currentTime } = this.#video;
    for (let index = buffered.length - 1; index >= 0; index--) {
      if (buffered.start(index) <= currentTime) return Math.max(0, buffered.end(index) - currentTime);
    }
    return 0;
  }
}
