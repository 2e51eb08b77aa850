/** Actions: what they act on, what they need, and that every word of theirs leads somewhere. */
import { MODELS } from '../../kinds/model.ts'
import { RECORD_TYPES } from '../../types.ts'
import { isDestructive, meaningOf } from '../action-names.ts'
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import { fits, type Seen, seenActions } from './action.ts'
import { checkLooks } from './action-looks.ts'
import { checkTexts } from './action-texts.ts'
import { asMap, entries, type Look, type Open, own, plain } from './look.ts'

export function checkActions(look: Look): void {
  for (const seen of seenActions(look)) {
    checkOn(seen)
    checkFind(seen)
    checkInputs(seen)
    checkFieldNames(seen)
    checkBinding(seen)
    checkSteps(seen)
    checkLooks(seen)
    checkTexts(seen)
  }
}

function checkOn({ look, name, pointer, action, lacksGet, create }: Seen): void {
  const on = own(action, 'on')
  if (typeof on !== 'string') return
  const streams = asMap(look.data['streams'])
  const here = `${pointer}/on`
  const stream = own(streams, on)
  if (stream === undefined) {
    look.report('spec/unknown-stream', here, `no stream \`${show(on)}\``, {
      help: didYouMean(on, Object.keys(streams)) ?? `streams: ${Object.keys(streams).join(', ')}`,
    })
    return
  }
  if (!fits(name, asMap(stream))) {
    const wanted = (meaningOf(name)?.on ?? []).join(' or ')
    const fitting = Object.keys(streams).filter((one) => fits(name, asMap(streams[one])))
    const help = fitting.length > 0 ? `of that type: ${fitting.join(', ')}` : 'declare such a stream, or name the action custom_…'
    const is = show(plain(asMap(stream)['is']))
    look.report('spec/wrong-stream', here, `\`${name}\` acts on ${wanted}, and \`${show(on)}\` is ${is}`, { help })
    return
  }
  if (!create && own(action, 'before') === undefined && lacksGet())
    look.report('spec/needs-get', here, `nothing is sent without a look before, and \`${show(on)}\` declares no \`get\``, {
      help: 'add get: GET /…/{id} to the stream, or `before` to the action',
    })
}

/** What is about a record has no meaning where there is none yet. */
const ABOUT_RECORD = ['before', 'bind', 'already', 'protect']

function checkFind({ look, name, pointer, action, create }: Seen): void {
  const has_find = own(action, 'find') !== undefined
  if (create && !has_find)
    look.report('spec/needs-find', pointer, 'a create searches by natural key, before and after, and `find` is not declared', {
      where: { on: 'owner' },
      help: 'add find: { request, records, id, match }',
    })
  if (!create && has_find)
    look.report('spec/unknown-key', `${pointer}/find`, `\`find\` has no meaning in \`${show(name)}\`: it has a native id`, {
      where: { on: 'key' },
      help: 'remove it; `find` is for create_account and custom_… without an id',
    })
  for (const key of create ? ABOUT_RECORD : []) {
    if (own(action, key) !== undefined)
      look.report('spec/unknown-key', `${pointer}/${key}`, `\`${key}\` has no meaning in a create: there is no record yet`, {
        where: { on: 'key' },
        help: 'remove it; `find` tells whether it is there already',
      })
  }
}

const ENTITLEMENTS = ['group', 'entitlement', 'license']

function checkInputs({ look, name, pointer, action }: Seen): void {
  const streams = asMap(look.data['streams'])
  const names = Object.keys(streams)
  let entitled = false
  for (const { value, pointer: here } of entries(own(action, 'input'), `${pointer}/input`)) {
    const stream = own(asMap(value), 'stream')
    checkField(look, asMap(value), asMap(typeof stream === 'string' ? own(streams, stream) : undefined), here)
    if (typeof stream !== 'string') continue
    const declared = own(streams, stream)
    // Of a stream that is not there, or does not say what it is, the type is not known: one message is enough.
    const is = own(asMap(declared), 'is')
    entitled ||= is === undefined || ENTITLEMENTS.includes(plain(is))
    if (declared === undefined)
      look.report('spec/unknown-stream', `${here}/stream`, `no stream \`${show(stream)}\``, {
        help: didYouMean(stream, names) ?? `streams: ${names.join(', ')}`,
      })
  }
  if (meaningOf(name)?.names_entitlement !== true || entitled) return
  const group = names.find((one) => ENTITLEMENTS.includes(plain(own(asMap(streams[one]), 'is'))))
  look.report('spec/needs-entitlement', pointer, `\`${name}\` has no input that names what is held`, {
    where: { on: 'owner' },
    help: `input: { ${own(asMap(streams[group ?? '']), 'is') === 'group' ? 'group' : 'entitlement'}: { stream: ${group ?? '…'} } }`,
  })
}

function checkField(look: Seen['look'], input: Open, stream: Open, pointer: string): void {
  const field = own(input, 'field')
  if (typeof field !== 'string') return
  const names = [...Object.keys(asMap(own(stream, 'fields'))), ...Object.keys(asMap(own(stream, 'keep')))]
  if (names.includes(field)) return
  const help = own(input, 'stream') === undefined ? 'add `stream`: of whose records it is a field' : didYouMean(field, names)
  look.report('spec/unknown-field', `${pointer}/field`, `no field \`${show(field)}\` in that stream`, {
    help: help ?? `fields: ${names.join(', ')}`,
  })
}

function checkFieldNames({ look, pointer, action, stream }: Seen): void {
  const fields = Object.keys(asMap(own(stream ?? {}, 'fields')))
  if (fields.length === 0) return
  // A required field that the stream lacks is told there.
  const type = RECORD_TYPES.find((one) => one === own(stream ?? {}, 'is'))
  const required = type === undefined ? [] : MODELS[type].required
  for (const key of ['bind', 'may_change']) {
    for (const { value, pointer: here } of entries(own(action, key), `${pointer}/${key}`)) {
      if (typeof value !== 'string' || fields.includes(value) || required.includes(value)) continue
      look.report('spec/unknown-field', here, `\`${show(value)}\` is no declared field of \`${show(plain(action['on']))}\``, {
        help: didYouMean(value, fields) ?? `declared there: ${fields.join(', ')}`,
      })
    }
  }
}

/** Ids and names are given again to other people: what takes away must not take from them. */
function checkBinding({ look, name, pointer, action, stream, create }: Seen): void {
  const declared = own(action, 'destructive')
  const destructive = typeof declared === 'boolean' ? declared : isDestructive(name, Object.values(asMap(own(action, 'does'))))
  if (!destructive || create || own(stream ?? {}, 'is') !== 'account' || own(action, 'bind') !== undefined) return
  const fields = Object.keys(asMap(own(stream ?? {}, 'fields')))
  const likely = ['userName', 'createdAt'].filter((field) => fields.includes(field))
  look.report('spec/no-binding', pointer, 'takes access away, and `bind` does not say whose: ids and names are given again', {
    where: { on: 'owner' },
    help: `bind: [${likely.join(', ')}]`,
    severity: 'warning',
  })
}

function checkSteps({ look, pointer, action, does }: Seen): void {
  const names = new Set<string>()
  for (const { value, pointer: here } of entries(own(action, 'steps'), `${pointer}/steps`)) {
    const step = asMap(value)
    const name = own(step, 'name')
    if (typeof name === 'string' && names.has(name))
      look.report('spec/duplicate-key', `${here}/name`, `a second step is named \`${show(name)}\``)
    if (typeof name === 'string') names.add(name)
    for (const facet of entries(own(step, 'facets'), `${here}/facets`)) {
      if (typeof facet.value !== 'string' || does.includes(facet.value) || does.length === 0) continue
      look.report('spec/unasked-facet', facet.pointer, `\`${show(facet.value)}\` is no facet of \`does\``, {
        help: didYouMean(facet.value, does) ?? `does: ${does.join(', ')}`,
      })
    }
  }
}
