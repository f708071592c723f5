/**
 * What pipelines, tasks, jobs of a matrix and runs may be called. Each name becomes a folder and a part of ids. All characters are ASCII, so
 * a character is a byte: a file system takes 255 of them, what temporary names add included.
 */
import { z } from 'zod';

/** Most characters of a name. */
export const LONGEST_NAME = 100;
/** A run is named after its pipeline, with a dash and a number of up to nine digits. */
const LONGEST_PIPELINE_NAME = LONGEST_NAME - 10;

/** `first` and `more`: the characters that a name may begin with, and have after that. */
function name(first: string, more: string, words: string, most = LONGEST_NAME): z.ZodString {
  return z.string().regex(new RegExp(`^[${first}][${more}]{0,${most - 1}}$`), `${words}; at most ${most} characters`);
}

const PLAIN = 'lower-case letters, digits and dashes, beginning with a letter';

/** Name of a pipeline: what its runs are named after. */
export const PipelineName = name('a-z', 'a-z0-9-', PLAIN, LONGEST_PIPELINE_NAME);
/** Name of a task: what `status` shows and `retry` takes. */
export const TaskName = name('a-z', 'a-z0-9-', PLAIN);
/** Name of a task or of one job of its matrix: values may put dots into it (`train-1-0.75`). */
export const PlannedName = name('a-z', 'a-z0-9.-', 'lower-case letters, digits, dashes and dots, beginning with a letter');
/** Name of a run. Every pipeline's name with a number is one. */
export const RunName = name('a-zA-Z0-9', 'a-zA-Z0-9._-', 'letters, digits, dots, dashes and underlines, beginning with a letter or digit');
