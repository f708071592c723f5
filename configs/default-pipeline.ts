/** Where a project declares its pipeline unless a person names another file; relative to the project root. */
export const DEFAULT_PIPELINE = 'configs/pipeline.yaml';
