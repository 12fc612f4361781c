/**
 * Counts round trips. Per connection: a request that arrives after an answer has been sent opens a new wave, unless it
 * arrived together with the request that was answered; requests that wait for no answer are in one wave, however many. What a client asks in one
 * go may be counted as two waves, when it comes in several parts; never the other way round. "Together" leaves room for one
 * turn of the event loop, because a client's first write goes out by itself: an answer counts as sent in the second turn.
 */
export class WaveBook {
  readonly #open = new Set<WaveCounter>();
  /** The most that any connection had, those closed since included. */
  #most = 0;

  /** Counts from 0 again: the next request on each connection opens its first wave. */
  mark(): void {
    this.#most = 0;
    for (const counter of this.#open) counter.reset();
  }

  /** Waves since the mark on the connection that had most. */
  count(): number {
    return Math.max(this.#most, ...[...this.#open].map(({ waves }) => waves));
  }

  open(): WaveCounter {
    const counter = new WaveCounter((waves) => {
      this.#most = Math.max(this.#most, waves);
      this.#open.delete(counter);
    });
    this.#open.add(counter);
    return counter;
  }
}

/** The waves of one connection. */
export class WaveCounter {
  readonly #onClose: (waves: number) => void;
  #waves = 0;
  #answered = true;

  constructor(onClose: (waves: number) => void) {
    this.#onClose = onClose;
  }

  get waves(): number {
    return this.#waves;
  }

  request(): void {
    if (!this.#answered) return;
    this.#answered = false;
    this.#waves += 1;
  }

  answer(): void {
    setImmediate(() =>
      setImmediate(() => {
        this.#answered = true;
      }),
    );
  }

  reset(): void {
    this.#waves = 0;
    this.#answered = true;
  }

  close(): void {
    this.#onClose(this.#waves);
  }
}
