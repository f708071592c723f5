export declare class SetupFailure extends Error {
  constructor(message: string, cure: string);
  readonly cure: string;
  describe(): string;
}
