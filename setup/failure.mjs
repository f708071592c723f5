/** What a person can act on: one message and its cure. Anything else that set-up throws is a defect and keeps its stack. */
export class SetupFailure extends Error {
  /**
   * @param {string} message what is wrong, naming the thing
   * @param {string} cure what to do about it
   */
  constructor(message, cure) {
    super(message);
    this.name = 'SetupFailure';
    this.cure = cure;
  }

  describe() {
    return `set-up: ${this.message}\n  cure: ${this.cure}`;
  }
}
