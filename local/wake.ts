/** Lets one loop wait until another part has something for it. A ring before the wait is kept. */
export class Wake {
  #rung = false;
  #resume: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#resume?.();
  }

  async wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
    this.#rung = false;
    this.#resume = undefined;
  }
}
