/**
 * Every call of every port goes through one of these, so that a test can cut a process off at each of them in turn: before the
 * call has an effect, after it had one, or by an abort that comes while the call is made.
 */
export type Trip = { readonly at: number; readonly how: "before" | "after" | "abort" };

export class Cut extends Error {
  constructor(name: string) {
    super(`cut off at ${name}`);
    this.name = "Cut";
  }
}

export class Tripwire {
  /** Names of the calls so far, in order. */
  readonly calls: string[] = [];
  readonly abort: AbortController = new AbortController();
  readonly #trip: Trip | null;
  #cut = false;

  constructor(trip: Trip | null = null) {
    this.#trip = trip;
  }

  async around<T>(name: string, call: () => Promise<T>): Promise<T> {
    const due = this.#step(name);
    if (due?.how === "abort") this.abort.abort(new Cut(name));
    const result = await call();
    if (due?.how === "after") this.#fall(name);
    return result;
  }

  around1<T>(name: string, call: () => T): T {
    const due = this.#step(name);
    if (due?.how === "abort") this.abort.abort(new Cut(name));
    const result = call();
    if (due?.how === "after") this.#fall(name);
    return result;
  }

  #step(name: string): Trip | null {
    // A dead process makes no further call.
    if (this.#cut) throw new Cut(name);
    this.calls.push(name);
    const due = this.#trip?.at === this.calls.length ? this.#trip : null;
    if (due?.how === "before") this.#fall(name);
    return due;
  }

  #fall(name: string): never {
    this.#cut = true;
    throw new Cut(name);
  }
}
