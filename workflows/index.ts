/** What the workflow bundle holds: one workflow type. */
export { pipeline } from './pipeline.js';
