/** How many photos are worked on at once. */
import { availableParallelism } from 'node:os';

/** Photos that are decoded at once: each takes one thread of the pool of the process that decodes it, whose size bin/emo-aen.cjs says. */
export const PHOTOS_IN_FLIGHT = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

/** Photos under way for each that is decoded: reading, hashing and writing take their turns meanwhile. More gain nothing. */
export const PHOTOS_UNDER_WAY = 3 * PHOTOS_IN_FLIGHT;

/** Processes that decode. JavaScript of each keeps no more than a core busy with small photos; more than 8 would take memory, some 60 MB each. */
export const PROCESSES = Math.min(8, availableParallelism());
