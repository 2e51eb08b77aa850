/** The page's looks: light, dark, and on paper. Every state is a shape and a word; its colour only helps. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --paper: #fff; --good: #116329; --bad: #b3131c; --odd: #7d4e00; --stripe: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9aa4af; --line: #3d444d; --paper: #0d1117; --good: #56d364; --bad: #ff7b72; --odd: #e3b341; --stripe: #161b22; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0 .75rem; } .dim { color: var(--dim); } code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.numbers li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; } .numbers strong { display: block; font-size: 1.6rem; line-height: 1.2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; } caption { text-align: left; color: var(--dim); padding-bottom: .25rem; }
th, td { padding: .2rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr { background: var(--paper); } tbody tr:nth-child(even) { background: var(--stripe); } thead th { vertical-align: bottom; }
/* What a row is about stays in sight while the rest is moved sideways. */
.scroll th[scope=row], .scroll thead th:first-child { position: sticky; left: 0; background: inherit; z-index: 1; } .scroll thead tr { background: var(--paper); }
.because { min-width: 20rem; } td.says { min-width: 16rem; } td code { white-space: nowrap; overflow-wrap: normal; } th[scope=row] { font-weight: 600; white-space: nowrap; }
.matrix thead th.d { height: 8.5rem; vertical-align: bottom; padding: 0 .15rem .3rem; } .matrix th.d span { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: 500; white-space: nowrap; }
.matrix td.c { text-align: center; padding: .1rem .25rem; font-size: 1.05rem; min-width: 1.8rem; }
.false, .block { color: var(--bad); font-weight: 700; } .unexpected, .capped { color: var(--odd); } .noticed, .healed, .through { color: var(--good); } .silent { color: var(--dim); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
ul.legend { list-style: none; padding: 0; columns: 22rem; } ul.legend li { break-inside: avoid; padding-left: 1.6rem; text-indent: -1.6rem; } ul.legend span { display: inline-block; width: 1.6rem; text-indent: 0; text-align: center; }
@media (max-width: 40rem) { body { padding: 1rem; } .scroll th[scope=row] { white-space: normal; min-width: 5.5rem; max-width: 9rem; } }
details { margin: .5rem 0; } summary { cursor: pointer; } svg text { fill: currentColor; font-size: 12px; }
@media print { body { padding: 0; max-width: none; font-size: 10px; } details:not([open]) { display: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } .scroll { overflow: visible; } .scroll th { position: static; } thead { display: table-header-group; } }
`
