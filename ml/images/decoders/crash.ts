/** How a process that decodes ended, and what that says about the photo that it had. */
import { Problem } from '../../../configs/problem.js';

/** A process that decodes is gone: who waits for a photo of it has that tried again. */
export class DecoderGone extends Error {
  /**
   * @param how it ended: `SIGSEGV`, `exit code 1`
   * @param ready whether it had shown that it can decode
   * @param hungMs of the photo that it was ended for because it took that long; null of every other
   */
  constructor(
    readonly how: string,
    readonly ready: boolean,
    readonly hungMs: number | null = null,
  ) {
    super(`a process that decodes photos is gone (${how})`);
  }
}

/** A photo that ended two processes: the second had no other. */
export class DecoderCrash extends Problem {
  constructor(gone: DecoderGone, where: string) {
    super({
      code: 'PHOTO',
      message: words(gone),
      where,
      cure: CURES[gone.how] ?? 'remove the photo, or save it anew with another program',
    });
  }
}

/** Signals that may have another cause than the photo. */
const CURES: Readonly<Record<string, string>> = {
  SIGKILL: 'the system may be out of memory: free some and try again; else remove the photo, or save it anew with another program',
  SIGILL: 'this processor may lack instructions that the decoder was compiled for: npm run setup; else remove the photo',
};

function words({ how, hungMs }: DecoderGone): string {
  return hungMs === null ? `the decoder crashed (${how})` : `the decoder hung: it gave no answer for ${Math.round(hungMs / 1000)} s`;
}

/** Of a machine where decoding does not even begin. */
export function cannotDecode({ how }: DecoderGone): Problem {
  return new Problem({
    code: 'ENVIRONMENT',
    message: `photos cannot be decoded on this machine: the decoder ended before the first photo (${how})`,
    cure: how === 'SIGILL' ? 'this processor lacks instructions that the decoder was compiled for: npm run setup' : 'emo-aen doctor',
  });
}
