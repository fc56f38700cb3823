import type { Random } from '../random.ts';

/** Repeatable randomness for simulations: the same seed gives the same numbers (xoshiro128**, Blackman & Vigna 2018). */
export const seededRandom = (seed: number): Random => {
  // SplitMix32 spreads neighbouring seeds over the whole state.
  let spread = seed >>> 0;
  const word = (): number => {
    spread = (spread + 0x9e3779b9) >>> 0;
    let mixed = spread;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  let [s0, s1, s2, s3] = [word(), word(), word(), word()];
  return () => {
    const rotated = Math.imul(s1, 5);
    const result = Math.imul((rotated << 7) | (rotated >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result / 4_294_967_296;
  };
};
