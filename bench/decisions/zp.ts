import { planByName } from '#core/canary/plans.ts';
import { playCalls, verdictOn } from './course.ts';
const std = planByName('standard');
const w = { plan: std, callsPerMinute: 60, minutes: 900, weightPercent: () => 5, fate: (_a: any, _m: any, r: any) => ({ failed: r() < .05 }) };
const calls = playCalls(w, 1);
for (let i = 0; i < 3; i++) { const t = performance.now(); const v = verdictOn(w, calls); console.log(calls.length, (performance.now() - t).toFixed(0), v.verdict); }
