//! The style sheet. The answers' policy allows this very text by its hash.

/// Light and dark by the reader's setting; a state is told by its word, colour only adds to it.
pub const STYLE: &str = "
:root{--ink:#1b1f24;--dim:#57606a;--paper:#fff;--line:#d0d7de;--good:#116329;--bad:#b3131c;--warn:#7a4d00;--soft:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9aa4af;--paper:#0d1117;--line:#30363d;--good:#56d364;--bad:#ff7b72;--warn:#e3b341;--soft:#161b22}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header{font-weight:600}footer{margin-top:3rem;color:var(--dim);font-size:.875rem}
a{color:inherit}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.25rem;margin:0}h3{font-size:1rem;margin:1.5rem 0 .25rem}
section{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}
table{border-collapse:collapse;width:100%}
tr{border-top:1px solid var(--line)}thead tr{border:0}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}
td:last-child{overflow-wrap:anywhere}
th{font-weight:600}thead th{color:var(--dim);font-weight:400}
@media (max-width:40rem){thead{display:none}tr{display:block;padding:.25rem 0}th,td{display:inline-block;padding:0 .75rem 0 0}td:last-child{display:block}}
code,pre{font-family:ui-monospace,monospace;font-size:.875rem}
pre{background:var(--soft);padding:.75rem;overflow-x:auto;border-radius:.25rem}
.answer{font-size:1.25rem;font-weight:600;margin:.25rem 0}
.dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.state{white-space:nowrap;font-weight:600}.state.dim{font-weight:400}
";
