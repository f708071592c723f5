/** A reader of bytes that others made, as the fuzzer runs it. */
export interface Parser {
  readonly name: string;
  /** Real files, made by committed code or committed beside the script that made them: what is mutated. */
  readonly seeds: () => Promise<readonly Buffer[]>;
  /**
   * Reads an input the way the product does.
   * @param at a folder of the parser's own, for readers of files
   * @returns null where the input is taken, else a word for why not. A Problem that is thrown counts as refused too; anything else is a finding.
   */
  readonly read: (bytes: Buffer, at: string) => Promise<string | null> | string | null;
  /** Texts that mean something to the parser, which mutations put in. */
  readonly words?: readonly string[];
  /** Makes checksums and lengths right again, so that a mutation reaches what lies behind them. Applied to every second input. */
  readonly repair?: (bytes: Buffer) => Buffer;
  /** Of one input, where {@link LIMITS} are not enough. */
  readonly seconds?: number;
  readonly megabytes?: number;
  /** Compiled code of ours, which is also built with sanitizers: which addon. */
  readonly native?: 'decoder' | 'kernels';
}

/** Of one input: seconds of the processor, MiB by which the process grows, characters of a refusal. Inputs have 1 MiB at most, nearly all some kilobytes. */
export const LIMITS = { seconds: 3, megabytes: 256, words: 20_000 } as const;
