/** The page's only style sheet: no fonts, scripts or pictures from anywhere. Colours are those of Okabe & Ito, safe for colour-blind readers. */
export const style = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5c6875;--rule:#e3e7ec;--stable:#2f6db5;--candidate:#c8551b;
--abort:#b3261e;--promote:#0b7a5b;--hold:#8a6100;--unknown:#5c6875;--badge:#fff}
@media (prefers-color-scheme:dark){:root{--page:#11161d;--card:#1a212b;--ink:#e8edf3;--soft:#9aa7b5;--rule:#2b3542;--stable:#74aef2;--candidate:#f29661;
--abort:#ff8a80;--promote:#4fd1a5;--hold:#f0c14b;--unknown:#9aa7b5;--badge:#11161d}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:880px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:15px;font-weight:600;color:var(--soft);margin:0 0 14px}
h2{font-size:17px;margin:0 0 2px}
h3{font-size:15px;margin:18px 0 2px}
p{margin:0}
.badge{display:inline-block;padding:4px 14px;border-radius:999px;font-weight:700;letter-spacing:.02em;color:var(--badge);background:var(--unknown)}
.badge.abort{background:var(--abort)}.badge.promote{background:var(--promote)}.badge.hold{background:var(--hold)}
.reason{font-size:22px;line-height:1.35;font-weight:600;margin:12px 0 6px}
.soft{color:var(--soft);font-size:14px}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:18px 20px;margin-top:18px}
figure{margin:0;min-width:0}.pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:0 24px}
svg{display:block;width:100%;height:auto;margin-top:8px}
.grid{stroke:var(--rule)}.tick{fill:var(--soft);font-size:12px}.value{font-size:12px;font-weight:600;fill:var(--ink)}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.band{stroke:none;opacity:.16}
.line.stable{stroke:var(--stable)}.band.stable,.dot.stable,.value.stable{fill:var(--stable)}
.line.candidate{stroke:var(--candidate)}.band.candidate,.dot.candidate,.value.candidate{fill:var(--candidate)}
.line.abort{stroke:var(--abort)}.dot.abort{fill:var(--abort)}.line.soon{stroke:var(--abort);stroke-width:1.4;stroke-dasharray:2 3}.dot.soon{fill:var(--abort);opacity:.7}.line.promote{stroke:var(--promote)}.dot.promote{fill:var(--promote)}
.limit{fill:none;stroke:var(--soft);stroke-width:1.4;stroke-dasharray:5 4}.threshold{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:5 4}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:8px;font-size:14px;color:var(--soft)}
.key span::before{content:"";display:inline-block;width:18px;height:4px;border-radius:2px;margin-right:7px;vertical-align:middle;background:currentColor}
.key .stable::before{background:var(--stable)}.key .candidate::before{background:var(--candidate)}
.key .abort::before{background:var(--abort)}.key .soon::before{height:0;border-top:2px dotted var(--abort);background:none}.key .promote::before{background:var(--promote)}
.key .dashed::before{height:0;border-top:2px dashed var(--soft);background:none;border-radius:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;margin-top:8px;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--soft);font-weight:600}th,td{padding:7px 12px 7px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
tr:last-child td{border-bottom:0}
tr.watched{color:var(--soft)}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
pre{overflow-x:auto;background:var(--page);border:1px solid var(--rule);border-radius:8px;padding:10px 12px;margin:8px 0 0;white-space:pre}
.add{color:var(--promote)}.remove{color:var(--abort)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:8px 0 0;font-size:14px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
summary{cursor:pointer;font-size:14px;color:var(--soft);margin-top:10px}
`;
