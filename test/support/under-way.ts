/** Counts what has been begun and is not done: time of the simulated world stands still for it. */
export class UnderWay {
  pending = 0;
  begun = 0;

  /** The object with its asynchronous methods counted; what they answer is counted too when `deep` says so. */
  watched<T extends object>(target: T, deep: (result: object) => boolean = () => false): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise ? this.#counted(result, deep) : result;
        };
      },
    });
  }

  /** Counts those methods of the object itself, whoever calls them. */
  tap<T extends object>(target: T, names: readonly (keyof T)[]): void {
    for (const name of names) {
      const method = target[name] as (...args: readonly unknown[]) => Promise<unknown>;
      const counted = (...args: readonly unknown[]): Promise<unknown> =>
        this.#counted(Reflect.apply(method, target, args), () => false);
      Object.defineProperty(target, name, { value: counted });
    }
  }

  async #counted(work: Promise<unknown>, deep: (result: object) => boolean): Promise<unknown> {
    this.pending += 1;
    this.begun += 1;
    try {
      const result = await work;
      return typeof result === "object" && result !== null && deep(result) ? this.watched(result) : result;
    } finally {
      this.pending -= 1;
    }
  }
}
