import { createEProcess } from '#core/canary/e-process.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
const grids: Record<string, [number, number][]> = {
  old: [[.03,.35],[.06,.1],[.1,.15],[.19,.2],[.4,.15],[.75,.02]],
  a: [[.03,.18],[.06,.1],[.1,.3],[.19,.22],[.4,.15],[.75,.02]],
  b: [[.03,.2],[.06,.05],[.1,.3],[.19,.27],[.45,.15]],
  c: [[.03,.14],[.06,.1],[.09,.35],[.18,.25],[.45,.13]],
};
const q = (x: number[], p: number) => [...x].sort((a,b)=>a-b)[Math.floor((x.length-1)*p)];
const w = Number(process.argv[2]); const runs = Number(process.argv[3] ?? 200);
const trunc = .934;
for (const [name, g] of Object.entries(grids)) {
  const alternatives = [...g.map(([share, weight]) => ({ weight, guess: (s: number, m: number) => s + m + (1 - s - m) * share })), { weight: .03, guess: (s: number, m: number, c: any) => (c.bad + 4 * (s + 4 * m)) / (c.n + 4) }];
  const out: string[] = [];
  for (const c of [.1, .15, .25, .5]) {
    const xs: number[] = [];
    for (let s = 0; s < runs; s++) {
      const r = seededRandom(s + 77); const logThreshold = Math.log(20 / w);
      const p = createEProcess({ side: 'at-most', margin: .02, baseline: .05, logThreshold, alternatives } as any);
      let n = 0; while (n < 2000) { const cand = r() < .05; p.observe(cand ? 'candidate' : 'stable', r() < (cand ? c : .05) * trunc, .05); if (cand) { n++; } if (p.logE >= logThreshold) break; }
      xs.push(p.logE >= logThreshold ? n : Infinity);
    }
    out.push(`${c}: ${q(xs,.5)} (p90 ${q(xs,.9)}, ${xs.filter(Number.isFinite).length/runs})`);
  }
  console.log(w, name, out.join('  '));
}
