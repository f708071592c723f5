/** How fast steps go on this machine: adds up what they took. */
export class Speed {
  #images = 0;
  #seconds = 0;
  #waited = 0;

  /** A step of `images` photos that took `seconds` in all, `waited` of them for its photos. */
  add(images: number, seconds: number, waited: number): void {
    this.#images += images;
    this.#seconds += seconds;
    this.#waited += waited;
  }

  /** 0 before the first step. */
  get imagesPerSecond(): number {
    return this.#seconds === 0 ? 0 : this.#images / this.#seconds;
  }

  /** Share of the time that was spent waiting for photos, in [0, 1]. */
  get dataWaitShare(): number {
    return this.#seconds === 0 ? 0 : this.#waited / this.#seconds;
  }
}
