/** Referential closure (item 9): ids that edges name and no read node has, each asked by id. */
import { type ClosureFacts, closureFindings } from '../judge/structure.ts'
import { missing } from '../kinds/finding.ts'
import type { Finding } from '../types.ts'
import { brokeOff } from './prove.ts'
import type { ReadOnce } from './read-once.ts'

export type Reads = { readonly [stream: string]: ReadOnce }

/** Asked by id at the most, per field of an edge stream; more than that stays `unasked`, which keeps the edges from being complete. */
const ASK_LIMIT = 200

/** Findings for every stream: of the edges for themselves, and for the nodes that they name. */
export async function closureOf(reads: Reads): Promise<{ readonly [stream: string]: readonly Finding[] }> {
  const findings: Record<string, Finding[]> = {}
  const add = (stream: string, found: readonly Finding[]) => {
    findings[stream] = [...(findings[stream] ?? []), ...found]
  }
  for (const [name, edge] of Object.entries(reads)) {
    for (const [field, refers] of Object.entries(edge.compiled.stream.refers)) {
      const nodes = refers.filter((node) => reads[node] !== undefined)
      const unread = refers.filter((node) => reads[node] === undefined)
      if (unread.length > 0) add(name, [notRead(field, unread)])
      if (nodes.length === 0) continue
      const found = await askDangling(edge, field, nodes, reads)
      add(name, closureFindings([found.edge], 'edge'))
      for (const [node, entry] of Object.entries(found.nodes)) add(node, closureFindings([entry], 'node'))
    }
  }
  return findings
}

/** A stream that was not read in this sync says nothing of its members, so edges to them are shown to no end. */
function notRead(field: string, unread: readonly string[]): Finding {
  const names = unread.join(', ')
  const because = `edges name ids in ${field} of ${names}, which was not read in this sync`
  return missing({ check: 'closure', item: 9, class: 'C' }, because, { field, refers: [...unread] }, `Sync ${names} too.`)
}

type Entry = ClosureFacts[number]

async function askDangling(
  edge: ReadOnce,
  field: string,
  nodes: readonly string[],
  reads: Reads,
): Promise<{ readonly edge: Entry; readonly nodes: { readonly [node: string]: Entry } }> {
  const sessions = nodes.map((node) => (reads[node] as ReadOnce).session)
  const dangling = await edge.session.dangling(field, sessions, ASK_LIMIT)
  const base = { field, edges: edge.facts.stored, dangling: dangling.dangling, unasked: dangling.dangling - dangling.ids.length }
  const answers = await Promise.all(dangling.ids.map((id) => whereAlive(id, nodes, reads)))
  const count = (answer: string) => answers.filter((found) => found === answer).length
  const aliveIn = (node: string) => dangling.ids.filter((_, index) => answers[index] === `alive ${node}`)
  const aliveElsewhere = (node: string) =>
    answers.filter((found) => found.startsWith('alive ') && found !== `alive ${node}`).length
  const beside = { gone: count('gone'), unanswered: count('unanswered') }
  return {
    edge: { ...base, ...beside, refers: nodes, alive: nodes.flatMap(aliveIn) },
    nodes: Object.fromEntries(
      nodes.map((node) => [
        node,
        { ...base, ...beside, refers: [node], alive: aliveIn(node), dangling: base.dangling - aliveElsewhere(node) },
      ]),
    ),
  }
}

/** `alive <node>`, or `gone` where every node stream says so, else `unanswered`. */
async function whereAlive(id: string, nodes: readonly string[], reads: Reads): Promise<string> {
  let answer = 'gone'
  for (const node of nodes) {
    const { byId, facts } = reads[node] as ReadOnce
    // A list that broke off lacks ids for a reason that is known.
    const found = byId === null || brokeOff(facts) ? 'unanswered' : await byId(id)
    if (found === 'alive') return `alive ${node}`
    if (found === 'unanswered') answer = 'unanswered'
  }
  return answer
}
