/** The matrix of lies and dialects, drawn as a table so that it can be heard, copied and printed; and every cell's figures. */
import type { Cell, LabReport } from '../types.ts'
import { html, type Markup } from './markup.ts'
import { rowsOf, STATES, type StateOf, saidText, sectionsOf, worstOf } from './state.ts'
import { count } from './words.ts'

export function matrices(report: LabReport, state: StateOf): readonly Markup[] {
  return sectionsOf(report.cells).map(({ title, cells }) => matrix(title, cells, report.dialects, state))
}

function matrix(title: string, cells: readonly Cell[], dialects: readonly string[], state: StateOf): Markup {
  const here = dialects.filter((dialect) => cells.some((cell) => cell.dialect === dialect))
  const head = here.map((dialect) => html`<th scope="col" class="d"><span>${dialect}</span></th>`)
  const rows = rowsOf(cells, (cell) => cell.dialect).map(
    ({ lie, says, of }) =>
      html`<tr><th scope="row">${lie}</th>${here.map((dialect) => cellOf(of.get(dialect), state))}<td class="says">${says}</td></tr>\n`,
  )
  return html`<h3>${title}</h3><div class="scroll"><table class="matrix"><thead><tr><th scope="col">lie</th>${head}<th scope="col">what it does</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

function cellOf(cells: readonly Cell[] | undefined, state: StateOf): Markup {
  const name = worstOf(cells, state)
  if (name === null || cells === undefined) return html`<td class="c"><span class="hidden">not played</span></td>`
  const said = [...new Set(cells.map(saidText))].filter((text) => text !== '').join(', ')
  const words = `${STATES[name].says}${said === '' ? '' : `: ${said}`}`
  return html`<td class="c ${name}" title="${words}"><span aria-hidden="true">${STATES[name].mark}</span><span class="hidden">${words}</span></td>`
}

/** A closed part a section: fired, said, expected, requests. */
export function detailsOf(report: LabReport, state: StateOf): readonly Markup[] {
  return sectionsOf(report.cells).map(({ title, cells }) => {
    const rows = cells.map(
      (cell) =>
        html`<tr><th scope="row">${cell.scenario}</th><td>${cell.dialect}</td><td class="${state(cell)}">${STATES[state(cell)].mark} ${saidText(cell)}</td><td>${cell.expected.join(', ')}</td><td class="n">${count(cell.counted)} of ${count(cell.runs)}</td><td class="n">${count(cell.fired)}</td><td class="n">${count(cell.requests)}</td><td class="n">${count(cell.requests_bare)}</td><td class="n">${cell.seed ?? ''}</td></tr>\n`,
    )
    return html`<details><summary>${title}: ${count(cells.length)} cells</summary><div class="scroll"><table><thead><tr>${['lie', 'dialect', 'said', 'expected', 'runs that count', 'struck', 'requests', 'of a bare loop', 'seed'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></details>`
  })
}
