/**
 * Whether landmarks that look alike also lie alike. One square of a photo that looks like one of another says little: the photos share a straight
 * edge, or a letter. Landmarks that all lie in both as the enlargement and shift which the first of them proposes would have it say that the
 * photos share a part (the vote of Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, section 7.3, without turning).
 * What that leaves of wrong pairs is in docs/near-duplicates.md.
 */
import { HASHED_SIDE } from './photo-hashes.js';
import type { LandmarkTable } from './hash-table.js';
import { bitCount, MIRRORED } from './square-hash.js';

/** Bits in which landmarks that vote may differ; more than those which propose, since they must also be in their place. */
const VOTING_BITS = 12;
/** Most that the enlargement may be off, as a logarithm. */
const SCALE_OFF = 0.25;
/** Most that a landmark may be off in either direction: a share of half its side, and pixels. */
const PLACE_OFF = 0.15;
const PIXELS_OFF = 2;
/** Landmarks nearer to each other than this share of half a side show the same thing, and have one vote. */
const APART = 0.3;

/** How many landmarks of the photo of `one` have their like where they must be in that of `other`, if `one` and `other` are the same. */
export function votes({ starts, landmarks, places, photos }: LandmarkTable, one: number, other: number, mirrored: boolean): number {
  const flip = mirrored ? MIRRORED : 0;
  const x = (landmark: number): number => places[3 * landmark] as number;
  const y = (landmark: number): number => places[3 * landmark + 1] as number;
  const half = (landmark: number): number => places[3 * landmark + 2] as number;
  const otherX = (landmark: number): number => (mirrored ? HASHED_SIDE - x(landmark) : x(landmark));
  const enlargement = half(other) / half(one);
  const isInPlace = (mine: number, theirs: number): boolean => {
    if (Math.abs(Math.log(half(theirs) / half(mine) / enlargement)) > SCALE_OFF) return false;
    const off = PLACE_OFF * half(theirs) + PIXELS_OFF;
    return (
      Math.abs(otherX(other) + enlargement * (x(mine) - x(one)) - otherX(theirs)) <= off &&
      Math.abs(y(other) + enlargement * (y(mine) - y(one)) - y(theirs)) <= off
    );
  };
  const isApart = (mine: number, voter: number): boolean =>
    Math.hypot(x(mine) - x(voter), y(mine) - y(voter)) >= APART * Math.min(half(mine), half(voter));

  const voters: number[] = [];
  const [photo, copy] = [photos[one] as number, photos[other] as number];
  for (let mine = starts[photo] as number; mine < (starts[photo + 1] as number); mine++) {
    for (let theirs = starts[copy] as number; theirs < (starts[copy + 1] as number); theirs++) {
      const high = (landmarks[2 * mine] as number) ^ (landmarks[2 * theirs] as number) ^ flip;
      const low = (landmarks[2 * mine + 1] as number) ^ (landmarks[2 * theirs + 1] as number) ^ flip;
      if (bitCount(high) + bitCount(low) > VOTING_BITS || !isInPlace(mine, theirs)) continue;
      if (voters.every((voter) => isApart(mine, voter))) voters.push(mine);
    }
  }
  return voters.length;
}
