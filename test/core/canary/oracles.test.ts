import { describe, expect, test } from 'vitest';
import { growthBookLowerEnd } from '#bench/decisions/judges.ts';
import { createAssignmentRatio } from '#core/canary/assignment-ratio.ts';
import { rateInterval } from '#core/canary/confidence-sequence.ts';
import { projectedFactors } from '#core/canary/projection.ts';

// Numbers of other programs, computed once and written down here.

describe('agreement with other implementations', () => {
  // mpmath 1.3, 40 digits: root of the derivative of the relative entropy, by Anderson-Björck.
  test.each([
    [0.05, 0.15, 0.05, 0.02, [1.0031739041348673, 0.9432953254574601, 0.916941961540108, 2.054634956410844]],
    [0.05, 0.05, 0.05, 0.02, [0.9992252295330362, 1.014952331367428, 1.0206969375693822, 0.7218820027159368]],
    [0.2, 0.5, 0.5, 0.1, [1.1314654212601427, 0.6827049512185097, 0.8236585317356939, 1.272419001777327]],
    [0.01, 0.6, 0.25, 0.15, [1.0411803166363816, 0.20343373880111168, 0.49947309006498425, 3.0127128235707934]],
    [0.3, 0.25, 0.1, 0.05, [0.986950145885085, 1.0318344423637225, 1.1376466204496216, 0.7336879521418849]],
  ])('the projection of (%d, %d) at weight %d and margin %d is that of mpmath', (a, b, rho, margin, expected) => {
    const side = b - a > margin ? 'at-most' : 'at-least';
    projectedFactors(side, a, b, rho, margin).forEach((factor, index) => {
      expect(factor).toBeCloseTo(expected[index] ?? Number.NaN, 12);
    });
  });

  // scipy 1.x: betaln and brentq.
  test.each([
    [3, 40, 0.005649167587464358, 0.2741718126453845],
    [31, 1_190, 0.012489121784658436, 0.04673912499192831],
    [9, 61, 0.04171752512821646, 0.3300907342557036],
    [500, 1_000, 0.4424183856766011, 0.5575816143233991],
  ])('the interval of %d in %d is that of scipy', (bad, n, low, high) => {
    expect(rateInterval(bad, n, 0.05).low).toBeCloseTo(low, 10);
    expect(rateInterval(bad, n, 0.05).high).toBeCloseTo(high, 10);
  });

  test('the assignment ratio of 130 in 500 at 20 % is that of scipy', () => {
    const ratio = createAssignmentRatio();
    for (let call = 0; call < 500; call += 1) ratio.observe(call < 130 ? 'candidate' : 'stable', 0.2);
    expect(ratio.logE).toBeCloseTo(3.450243136155464, 9);
  });

  // gbstats 0.8.0: SequentialTwoSidedTTest on two ProportionStatistic, absolute difference, tuning parameter 5000.
  test.each<[[number, number, number, number], number]>([
    [[1_190, 31, 61, 9], -0.02748306371724997],
    [[19_000, 950, 1_000, 100], 0.019924379220738496],
    [[400, 20, 20, 10], -0.002914840827917542],
  ])('the comparator of the bench is the interval of gbstats for %o', (counts, low) => {
    const [n, bad, candidateN, candidateBad] = counts;
    const seen = { stable: { n, bad }, candidate: { n: candidateN, bad: candidateBad } };
    expect(growthBookLowerEnd(seen)).toBeCloseTo(low, 9);
  });
});
