/** How much later than its turn the newest picture may be shown before the element hurries, s. */
const aim = 0.07;
/** How much faster it plays to catch up without anybody seeing it. */
const hurry = 1.1;
/** This far behind, it visibly hurries, or jumps to a random access point ahead, s. */
const tooFar = 0.22;
/** A jump goes no nearer to the end of what is buffered, s. */
const leftAfterJump = 0.03;
/**
 * Pictures behind a gap from which nothing will fill it. In Firefox's buffered ranges one picture
 * appears before the B pictures that are shown before it.
 */
const picturesBehindGap = 3;
/** Precision of the buffered ranges that browsers report, s: less than any picture lasts. */
const tolerance = 0.001;
/**
 * How fast an element plays that waits for the next picture. By this rate Chromium reckons when
 * that picture is over: at a higher one, a single picture after a pause can be over before it is
 * shown.
 */
const whileWaiting = 0.25;
/** Share of its delay that it catches up per second, and the highest rate. */
const catchUp = { share: 4, most: 4 };

/**
 * Keeps a video element at its newest picture by playing faster, the further behind the faster.
 *
 * It jumps over gaps and to a random access point ahead, and nowhere else. After a jump a browser
 * decodes again from the last random access point, which takes longer than playing on. On a busy
 * processor it takes so long that the element would jump again and again.
 */
export class LiveEdge {
  readonly #video: HTMLVideoElement;
  #randomAccessAt = 0;
  /** When the first picture of each group is shown, from the group that is played on, s. */
  #groups: number[] = [];
  /** Presentation times of the latest pictures, in decoding order, s. */
  #latest: number[] = [];
  /** Presentation time of the last picture in output order, s. */
  #newestAt = 0;
  /** Presentation time of the first picture that is worth showing, s. */
  #edgeAt = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    video.addEventListener("waiting", () => {
      video.playbackRate = whileWaiting;
    });
    video.addEventListener("playing", () => this.follow());
  }

  /**
   * Notes a picture appended for this time of the video element, s.
   * @param isBeforeEdge only newer pictures are worth showing: no jump before one of those is there
   */
  notePicture(at: number, isRandomAccess: boolean, isBeforeEdge: boolean): void {
    if (isRandomAccess) {
      this.#randomAccessAt = at;
      this.#groups.push(at);
    }
    const group = this.#groups.length - 1;
    this.#groups[group] = Math.min(this.#groups[group]!, at);
    this.#latest = [...this.#latest.slice(1 - picturesBehindGap), at];
    this.#newestAt = Math.max(this.#newestAt, at);
    if (isBeforeEdge) this.#edgeAt = Number.POSITIVE_INFINITY;
    else this.#edgeAt = Math.min(this.#edgeAt, at);
  }

  /** Starts again with an empty video element. */
  reset(): void {
    this.#randomAccessAt = 0;
    this.#groups = [];
    this.#latest = [];
    this.#newestAt = 0;
    this.#edgeAt = 0;
  }

  /** How far the video element is behind the newest picture, s. */
  get lag(): number {
    return this.#newestAt - this.#video.currentTime;
  }

  /**
   * Where the group begins that is played, s. Nothing before it is needed; all of it is, because a
   * browser removes what depends on what it removes.
   */
  get neededFrom(): number {
    while (this.#groups.length > 1 && this.#groups[1]! <= this.#video.currentTime) this.#groups.shift();
    return this.#groups[0] ?? 0;
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
    const isGap = currentTime < start && (isBehindGap(randomAccess) || this.#latest.every(isBehindGap));
    if (isGap || (this.lag > tooFar && currentTime <= randomAccess)) {
      this.#video.currentTime = Math.max(start, randomAccess, Math.min(this.#newestAt, end - leftAfterJump));
      this.#video.playbackRate = 1;
      return;
    }
    if (this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return;
    const delay = this.#delay;
    if (delay > tooFar) this.#video.playbackRate = Math.min(1 + delay * catchUp.share, catchUp.most);
    else if (delay > aim) this.#video.playbackRate = hurry;
    else if (delay <= 0 || this.#video.playbackRate < 1) this.#video.playbackRate = 1;
  }

  /**
   * How much later the newest picture is shown that the element can play to, s. What lies behind a
   * gap does not count.
   */
  get #delay(): number {
    const { buffered, currentTime } = this.#video;
    for (let index = buffered.length - 1; index >= 0; index--) {
      if (buffered.start(index) <= currentTime)
        return Math.min(buffered.end(index), this.#newestAt) - currentTime;
    }
    return 0;
  }
}
