/** What a person can be told: what is wrong and what to do. Anything else that is thrown is a defect of ours. */
export interface TroubleFields {
  readonly message: string;
  readonly cure: string;
  readonly cause?: unknown;
}

export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly cure: string;

  constructor({ message, cure, cause }: TroubleFields) {
    super(message, { cause });
    this.cure = cure;
  }
}

/** One sentence or two, whatever was thrown. */
export function inWords(error: unknown): string {
  if (error instanceof Trouble) return `${error.message}. ${error.cure}.`;
  return `Something unexpected happened: ${error instanceof Error ? error.message : String(error)}`;
}
