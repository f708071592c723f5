/** What a run may be called: it names folders, files and a workflow, so it is short and plain. */
const RUN_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;

export function isRunName(text: string): boolean {
  return RUN_NAME.test(text);
}
