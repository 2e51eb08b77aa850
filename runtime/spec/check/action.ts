/** One declared action as its checks see it. A file with faults of shape is looked at too, so nothing here trusts a type. */
import { isCreate, meaningOf } from '../action-names.ts'
import { asMap, entries, type Look, type Open, own, plain } from './look.ts'

export type Seen = {
  readonly look: Look
  readonly name: string
  readonly pointer: string
  readonly action: Open
  /** The stream of `on`; null where that leads nowhere or to another type of records, which is told once. */
  readonly stream: Open | null
  /** The stream's `get` is not declared, and nothing has said so yet: one lost `get` is told once. Calling it says so. */
  readonly lacksGet: () => boolean
  readonly create: boolean
  /** Facets of `does`. */
  readonly does: readonly string[]
  readonly inputs: readonly string[]
  readonly verify: readonly Verify[]
}

export type Verify = {
  readonly pointer: string
  readonly facet: string | null
  readonly kind: string | null
  readonly options: Open
  readonly declared: Open
}

export function seenActions(look: Look): readonly Seen[] {
  const streams = asMap(look.data['streams'])
  const told = new Set<string>()
  return entries(look.data['actions'], '/actions').map(({ key, value, pointer }): Seen => {
    const action = asMap(value)
    const on = own(action, 'on')
    const declared = typeof on === 'string' ? own(streams, on) : undefined
    const stream = declared === undefined || !fits(key, asMap(declared)) ? undefined : declared
    return {
      look,
      name: key,
      pointer,
      action,
      stream: stream === undefined ? null : asMap(stream),
      lacksGet: () => stream !== undefined && lacksGet(asMap(stream)) && !told.has(plain(on)) && told.add(plain(on)).size > 0,
      create: isCreate(key, own(action, 'find') !== undefined),
      does: Object.keys(asMap(own(action, 'does'))),
      inputs: Object.keys(asMap(own(action, 'input'))),
      verify: entries(own(action, 'verify'), `${pointer}/verify`).map((one) => seenVerify(asMap(one.value), one.pointer)),
    }
  })
}

const NEED_GET = ['by_id', 'two_path']

/** Where the stream itself needs it, it is told there. */
function lacksGet(stream: Open): boolean {
  const proofs = entries(own(stream, 'prove'), '').map(({ value }) => own(asMap(value), 'kind'))
  return (
    ['get', 'gone', 'get_record'].every((key) => own(stream, key) === undefined) &&
    !proofs.some((kind) => NEED_GET.includes(plain(kind)))
  )
}

/** Are the stream's records what this action acts on? A stream that does not say what it is may be. */
export function fits(name: string, stream: Open): boolean {
  const is = own(stream, 'is')
  const wanted: readonly unknown[] | undefined = meaningOf(name)?.on
  return wanted === undefined || typeof is !== 'string' || wanted.includes(is)
}

function seenVerify(declared: Open, pointer: string): Verify {
  const options = asMap(own(declared, 'probe'))
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return { pointer, declared, options, facet: text(own(declared, 'facet')), kind: text(own(options, 'kind')) }
}
