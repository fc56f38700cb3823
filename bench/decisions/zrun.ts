import { horizonRows } from './horizons.ts';
const rows = await horizonRows(
  { short: Number(process.argv[2]), long: Number(process.argv[3]) },
  Number(process.argv[4] ?? 20260101),
  new AbortController().signal,
  () => {},
);
for (const r of rows)
  console.log(
    `${r.holds ? 'ok ' : 'NO '} ${r.metric} = ${r.value} ${r.unit} (${r.target === null ? 'reported' : r.comparison + ' ' + r.target})`,
  );
