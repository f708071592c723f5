/** The search attributes of a run. Apart from what tells them, so that a client need not load Temporal's workflow library. */

/** In the form of Temporal's `SearchAttributeKey`. */
const keyword = (name: string) => ({ name, type: 'KEYWORD' as const });

export const ATTRIBUTES = {
  pipeline: keyword('EmoAenPipeline'),
  /** The lowest stage that has a task at work, as `5`. Between tasks the last one stays. */
  stage: keyword('EmoAenStage'),
  /** A state of a run: `running blocked paused completed failed cancelled`. */
  status: keyword('EmoAenStatus'),
  /** sha256 of the artifact `dataset`, in hexadecimal, once a task has made or reused it. */
  dataset: keyword('EmoAenDataset'),
};

/** As a server has them registered: name and type, in its words. */
export const ATTRIBUTE_NAMES: readonly string[] = Object.values(ATTRIBUTES).map(({ name }) => name);
export const ATTRIBUTE_TYPE = 'Keyword';
