/**
 * A deadline for gRPC, which asks for a time of day. It is turned into a length of time when the call begins, so a clock that jumps
 * later changes nothing.
 */
export function inMs(milliseconds: number): number {
  return Date.now() + milliseconds;
}
