/** The report as one page: nothing is loaded, no script runs, it reads in the dark, on paper and by ear. */
import type { LabReport } from '../types.ts'
import { html, type Markup } from './markup.ts'
import { detailsOf, matrices } from './matrix.ts'
import { STATES, type State, stateOf } from './state.ts'
import { STYLE } from './style.ts'
import {
  ABLATED,
  ablationWords,
  count,
  enoughWords,
  headlines,
  officialWords,
  shareText,
  sidelines,
  WORTH,
  worthTitle,
  worthWords,
} from './words.ts'

export type PageOptions = { readonly title: string; readonly made_at: string }

export function labPage(report: LabReport, { title, made_at }: PageOptions): string {
  const state = stateOf(report.capped)
  const shown = (Object.keys(STATES) as State[]).filter((name) => report.cells.some((cell) => state(cell) === name))
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="dim">Targets that lie, played against the real runtime over HTTP. ${made_at}. Seed ${report.seed}; log <code>${report.log}</code>: the same seed gives the same log.</p>
<ul class="numbers">${headlines(report).map(([what, of, wrong, bound]) => html`<li>${what}: ${of}<strong class="${/^0 /.test(wrong) ? 'right' : 'false'}">${wrong}</strong><span class="dim">${bound}</span></li>`)}</ul>
<ul>${sidelines(report).map(([what, text]) => html`<li>${what}: ${text}</li>`)}</ul>
${findings(report)}
${policies(report)}
<h2>Lies and dialects</h2>
<ul class="legend">${shown.map((name) => html`<li><span class="${name}" aria-hidden="true">${STATES[name].mark}</span> ${STATES[name].says}</li>`)}</ul>
${matrices(report, state)}
${capped(report)}
${worth(report)}
${ablation(report)}
${list('No twin file: played as far as the connector tells, with these guesses', report.assumed)}
${list('Never struck, so nothing was measured', report.never_fired)}
${list('Not played, and why', report.impossible)}
${list('Declared and not played', report.unplayed)}
${list('Requests held against the official description', officialWords(report.official))}
<h2>Every cell</h2>
${detailsOf(report, state)}
</main>
</body>
</html>
`
  return markup
}

const NOTHING: Markup = { markup: '' }

function findings({ findings: all }: LabReport): Markup {
  if (all.length === 0)
    return html`<p>No findings: nothing false was believed, nothing honest was blocked, and every answer was an expected one.</p>`
  const rows = all.map(
    (one) =>
      html`<tr><th scope="row" class="${one.kind === 'unexpected' ? 'unexpected' : 'false'}">${one.kind.replace('_', ' ')}</th><td>${one.dialect}</td><td>${one.scenario}</td><td>${one.said}, expected ${one.expected.join(' or ')}</td><td class="because">${one.because}${one.differs.length === 0 ? '' : html`<br>differs: ${one.differs.join('; ')}`}</td><td><code>${one.replay}</code></td></tr>\n`,
  )
  return html`<h2>Findings: ${count(all.length)}</h2><div class="scroll"><table><thead><tr>${heads('what', 'dialect', 'lie', 'said', 'because', 'play it again')}</tr></thead><tbody>${rows}</tbody></table></div>`
}

const heads = (...names: readonly string[]): readonly Markup[] => names.map((name) => html`<th scope="col">${name}</th>`)

function policies(report: LabReport): Markup {
  if (report.policies.length === 0) return NOTHING
  const rows = report.policies.map(
    (line) =>
      html`<tr><th scope="row">${line.policy}</th><td>${line.side === 'read' ? 'reads' : 'changes'}</td><td>${bar(line.false_success.share)}</td><td class="n">${shareText(line.false_success)}</td><td class="n">${shareText(line.false_block)}</td></tr>\n`,
  )
  return html`<h2>Beside other policies, over the same targets</h2><p class="dim">Each of the others is a small re-implementation of that policy only, played over the same lies with the same seeds; not the product of anybody.</p><div class="scroll"><table><thead><tr>${heads('policy', 'of', '', 'success, and it was not so', 'blocked, and nothing was wrong')}</tr></thead><tbody>${rows}</tbody></table></div>`
}

/** The figure stands beside it; this is for the eye. */
function bar(share: number | null): Markup {
  const width = Math.round((share ?? 0) * 160)
  return html`<svg width="162" height="14" aria-hidden="true" focusable="false"><rect x="0.5" y="2.5" width="161" height="9" fill="none" stroke="currentColor" stroke-opacity="0.35"/><rect x="1" y="3" width="${width}" height="8" fill="currentColor"/></svg>`
}

function capped(report: LabReport): Markup {
  if (report.capped.length === 0) return NOTHING
  const items = report.capped.map(
    ({ dialect, scenarios, because }) =>
      html`<li><strong>${dialect}</strong>: ${scenarios.join(', ')}<br><span class="dim">${because}</span></li>`,
  )
  return html`<h2>Cannot be noticed in this dialect, therefore capped at unproven</h2><ul>${items}</ul>`
}

function worth({ worth: of }: LabReport): Markup {
  if (of === null) return NOTHING
  const rows = of.items.map((one) => {
    const { numbers, note } = worthWords(one)
    return html`<tr><th scope="row">${one.item}</th>${numbers.map((text) => html`<td class="n">${text}</td>`)}<td>${note}</td></tr>\n`
  })
  return html`<h2>${worthTitle(of)}</h2><p class="dim">From what was recorded; nothing was asked again. <em>With one other</em>: neither of the two alone.</p><div class="scroll"><table><thead><tr>${heads('without', ...WORTH, 'lies')}</tr></thead><tbody>${rows}</tbody></table></div><ul>${enoughWords(of).map((line) => html`<li>${line}</li>`)}</ul>`
}

function ablation(report: LabReport): Markup {
  const tables = (['read', 'write'] as const).flatMap((side) => {
    const some = report.ablation.filter((one) => one.side === side)
    const rows = some.map((one) => {
      const words = ablationWords(one)
      return html`<tr><th scope="row">${one.without}</th><td class="n">${words.prevents}</td><td class="n">${words.carries}</td><td class="n">${words.cost}</td><td>${words.note}</td></tr>\n`
    })
    const caption = `${side === 'read' ? 'Reads' : 'Changes'}: each item switched off, the same runs again.`
    return some.length === 0
      ? []
      : [
          html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${heads('without', ...ABLATED[side], 'requests', 'escapes')}</tr></thead><tbody>${rows}</tbody></table></div>`,
        ]
  })
  return tables.length === 0 ? NOTHING : html`<h2>Played again without each evidence item</h2>${tables}`
}

function list(title: string, items: readonly string[]): Markup {
  if (items.length === 0) return NOTHING
  return html`<h2>${title}</h2><details><summary>${count(items.length)}</summary><ul>${items.map((item) => html`<li>${item}</li>`)}</ul></details>`
}
