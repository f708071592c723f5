/** Keeps a process alive whose log cannot be written: a full disk must not end a worker, a trainer or their supervisor. */

/** What of a stream this needs: a test hands in one that fails. */
export interface Output {
  write(text: string, written?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Call it once, at the start of a process. What could not be written is counted; how much that was is said in front of the next text
 * that can be written.
 */
export function outliveLog(outputs: readonly Output[] = [process.stdout, process.stderr]): void {
  for (const output of outputs) outlive(output);
}

function outlive(output: Output): void {
  const write = output.write.bind(output);
  let lost = 0;
  let reason = '';
  const counted =
    (count: number, written?: (error?: Error | null) => void) =>
    (error?: Error | null): void => {
      if (error !== null && error !== undefined) {
        lost += count;
        reason = error.message;
      }
      written?.(error);
    };
  output.on('error', () => undefined); // counted by the write that failed
  output.write = (text: string, encoding?: unknown, written?: unknown): boolean => {
    const callback = [encoding, written].find((given) => typeof given === 'function') as ((error?: Error | null) => void) | undefined;
    const rest: unknown[] = typeof encoding === 'string' ? [encoding] : [];
    if (lost > 0) {
      const told = lost;
      lost = 0;
      write(`(${told} ${told === 1 ? 'message' : 'messages'} could not be logged here: ${reason})\n`, counted(told));
    }
    return Reflect.apply(write, output, [text, ...rest, counted(1, callback)]) as boolean;
  };
}
