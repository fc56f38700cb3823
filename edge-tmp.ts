import { walkAlarmPath } from '#bench/alarm-path/walk-alarm-path.ts';
const [rate, base, runs] = process.argv.slice(2).map(Number);
const out: number[] = [], alarm: number[] = []; const t = Date.now(); let lost = 0;
for (let seed = 1; seed <= runs!; seed++) {
  const run = await walkAlarmPath({ seed, callsPerMinute: rate!, weights: [{ fromMinute: 0, percent: 5 }], baselineErrorRate: 0.02, failing: { stable: base!, candidate: 1 }, failMs: 5000, goodMs: (_a, r) => 60_000 + r()*240_000, minutesBefore: 10, minutes: 8, stepMs: 250 });
  const s = (run.flipMs - run.firstBadMs) / 1000; if (Number.isNaN(s)) { lost++; console.log(run); } else out.push(s); alarm.push((run.alarmMs - run.thirdBadMs)/1000);
  if (seed <= 3) console.log({ s, third: (run.thirdBadMs-run.firstBadMs)/1000, alarm: (run.alarmMs-run.thirdBadMs)/1000, n: run.alarms, reason: run.reason, last: run.lastSessionMs-run.flipMs });
}
out.sort((a,b)=>a-b); alarm.sort((a,b)=>a-b);
const q = (v: number[], p: number) => v[Math.min(v.length-1, Math.ceil(v.length*p)-1)];
console.log({ rate, base, lost, p50: q(out,.5), p90: q(out,.9), p99: q(out,.99), alarm50: q(alarm,.5), alarm99: q(alarm,.99), took: (Date.now()-t)/1000 });
