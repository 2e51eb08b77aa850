/** Which inputs name nothing there is? Asked by their id, beside a record of the same stream that is known to be alive. */
import { namedInputs } from '../judge/named-inputs.ts'
import { readById } from '../record/by-id.ts'
import { compileStream } from '../record/compile.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Json } from '../types.ts'
import { buildLook } from './request.ts'
import { asking, namesOf, type Work } from './work.ts'

/** One that goes is no proof of lost permission. */
const TRIES = 3

/** Never rejects for what a target does; where nobody can tell nothing is called missing. */
export async function lookInputs(work: Work): Promise<readonly string[]> {
  const { action } = work.act
  const missing = await Promise.all(
    namedInputs(action, work.intent).map(async (name) => {
      const ids = idsIn(work.intent.input[name] ?? null)
      const stream = action.input[name]?.stream as string
      return (await anyMissing(work, stream, ids)) ? [name] : []
    }),
  )
  return missing.flat()
}

const idsIn = (value: Json): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')

async function anyMissing(work: Work, stream: string, ids: readonly string[]): Promise<boolean> {
  const { ctx } = work
  const compiled = Object.hasOwn(ctx.connector.streams, stream) ? compileStream(ctx.connector, stream) : null
  const get = compiled?.stream.get ?? null
  if (compiled === null || get === null) return false
  const read = async (id: string) => {
    const names = { ...namesOf(work), id, record: null, before: null }
    return readById(compiled, await sendDeclared(asking(work), () => buildLook(ctx.connector, get, names)), names)
  }
  const found = await Promise.all(ids.map(read))
  if (!found.includes('gone')) return false
  const known = await ctx.store.records(ctx.connection.name, stream, { which: 'latest', after: 0, limit: TRIES + ids.length })
  for (const { id } of known.filter((one) => !ids.includes(one.id)).slice(0, TRIES)) if ((await read(id)) === 'alive') return true
  return false
}
