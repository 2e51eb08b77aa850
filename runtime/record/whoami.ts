/** Whose credential this is, asked once a sync and only where a proof wants to know. */
import { Failure } from '../errors.ts'
import { compileValue } from '../kinds/value/value.ts'
import type { Connector } from '../types.ts'
import { buildRequest, type Names } from './request.ts'
import { type Asking, sendDeclared } from './send-declared.ts'

export type Whoami = () => Promise<{ readonly id: string } | { readonly failed: string }>

export function openWhoami(context: Asking & { readonly names: Names; readonly connector: Connector }): Whoami {
  let asked: ReturnType<Whoami> | null = null
  return () => {
    asked ??= askWhoami(context)
    return asked
  }
}

async function askWhoami(context: Parameters<typeof openWhoami>[0]): ReturnType<Whoami> {
  const { whoami } = context.connector
  if (whoami === null) return { failed: 'the connector declares no `whoami`' }
  const observation = await sendDeclared(context, () => buildRequest(context.connector, whoami.request, context.names))
  if (observation.kind !== 'answer') return { failed: observation.because }
  const read = compileValue(whoami.id, ['settings', 'record'])
  try {
    const id = read(observation.body, { settings: context.names['settings'] })
    if ((typeof id === 'string' && id !== '') || Number.isSafeInteger(id)) return { id: String(id) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { failed: `the id in the answer to \`whoami\`: ${error.message}` }
  }
  return { failed: 'the answer to `whoami` has no id' }
}
