/**
 * Near-duplicates among the hashes of made photos: nine in ten are like no other, the rest stand in clusters of ten, of which one is the photo and
 * nine are copies that keep half of its landmarks. Run as `our-near-duplicates.js PHOTOS [DISTANCE]`; prints one JSON document.
 */
import { clusters } from '../../ml/images/clusters.js';
import { nearDuplicates } from '../../ml/images/near-duplicates.js';
import { madeHashes } from './made-hashes.js';

const [, , photos = '100000', distance = '4'] = process.argv;
const hashes = madeHashes(Number(photos));
const before = process.resourceUsage().maxRSS;
const begun = performance.now();
const cpuBegun = process.cpuUsage();
const edges = nearDuplicates(hashes, Number(distance));
const seconds = (performance.now() - begun) / 1000;
const cpu = process.cpuUsage(cpuBegun);
const told = {
  seconds,
  /** What the process itself had of the cores; `seconds` grow on a busy machine. */
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  photos: hashes.length,
  distance: Number(distance),
  edges: edges.length,
  clusters: clusters(edges, hashes.length).length,
  /** Peak of the process, and what of it was there before: the hashes as text, and making them. */
  peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  madeMb: Math.round(before / 1024),
};
process.stdout.write(`${JSON.stringify(told)}\n`);
