import { planByName } from '#core/canary/plans.ts';
import { parsePlan } from '#core/canary/plan.ts';
import { playCalls, verdictOn, startMs, type World, type Fate } from './course.ts';
const runs = Number(process.argv[2] ?? 40); const only = process.argv[3];
const std = planByName('standard');
const mine = parsePlan({ name: 'mine', steps: [{ weightPercent: 5 }] });
const q = (x: number[], p: number) => [...x].sort((a,b)=>a-b)[Math.floor((x.length-1)*p)];
type F = World['fate'];
const rate = (c: number, s = .05): F => (arm, _m, r) => ({ failed: r() < (arm === 'candidate' ? c : s) });
const W = (plan: any, fate: F, minutes: number): World => ({ plan, callsPerMinute: 60, minutes, weightPercent: () => 5, fate });
const soon = (share: number): F => (arm, _m, r) => arm === 'candidate' ? (r() < share ? { failed: true, afterMs: 5000 } : { failed: r() < .05 }) : { failed: r() < .05 };
const sc: [string, World, string][] = [
  ['all 5s std', W(std, soon(1), 20), 'time'], ['half 5s std', W(std, soon(.5), 30), 'time'],
  ['5% at 10s std', W(std, (a,_m,r)=> a==='candidate' ? {failed: r()<.05, afterMs: 10000}: {failed:r()<.05}, 240), 'share'],
  ['A/A mine', W(mine, rate(.05), 240), 'share'], ['7% mine', W(mine, rate(.07), 240), 'share'],
  ['10% mine', W(mine, rate(.10), 600), 'calls'], ['15% mine', W(mine, rate(.15), 200), 'calls'], ['25% mine', W(mine, rate(.25), 60), 'calls'], ['50% mine', W(mine, rate(.5), 40), 'calls'],
  ['10% std', W(std, rate(.10), 600), 'calls'], ['15% std', W(std, rate(.15), 200), 'calls'], ['25% std', W(std, rate(.25), 60), 'calls'], ['50% std', W(std, rate(.5), 40), 'calls'],
  ['promote mine', W(mine, rate(.05), 900), 'promote'], ['promote std', W(std, rate(.05), 900), 'promote'],
];
for (const [name, w, what] of sc) {
  if (only && !name.includes(only)) continue;
  const t0 = performance.now(); const xs: number[] = []; let hit = 0; const hz: Record<string, number> = {}; const vs: Record<string, number> = {};
  for (let s = 1; s <= runs; s++) {
    const calls = playCalls(w, s * 7919); const v = verdictOn(w, calls);
    vs[v.verdict] = (vs[v.verdict] ?? 0) + 1;
    const wanted = what === 'promote' ? 'promote' : 'abort';
    if (v.verdict !== wanted) { xs.push(Infinity); if (what==='promote') vs[v.reason.slice(0,60)] = (vs[v.reason.slice(0,60)] ?? 0)+1; continue; }
    hit++; hz[v.horizonSeconds] = (hz[v.horizonSeconds] ?? 0) + 1;
    const firstBad = calls.find((c) => c.open.arm === 'candidate' && c.failed)!;
    if (what === 'time') xs.push((Date.parse(v.at) - firstBad.startedMs) / 1000);
    else { const m = v.metrics.errorRate; const h = m.horizons.find((x) => x.seconds === v.horizonSeconds); xs.push((what === 'promote' ? m : h ?? m).candidate.n); }
  }
  console.log(name, JSON.stringify(vs), 'median', q(xs, .5), 'p90', q(xs, .9), JSON.stringify(hz), `${((performance.now()-t0)/runs).toFixed(0)} ms/run`);
}
