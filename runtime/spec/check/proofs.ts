/** What a proof needs is declared: a by-id read, whoami, the other stream and its field, the parent's count. */
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import { checkPath } from './expressions.ts'
import { asMap, entries, type Look, type Open, own, plain } from './look.ts'

type Proof = { readonly options: Open; readonly pointer: string; readonly stream: Open }

export function checkProofs(look: Look): void {
  for (const { value, pointer } of entries(look.data['streams'], '/streams')) {
    const stream = asMap(value)
    for (const proof of entries(own(stream, 'prove'), `${pointer}/prove`))
      checkProof(look, { options: asMap(proof.value), pointer: proof.pointer, stream })
  }
}

function checkProof(look: Look, proof: Proof): void {
  const { options, pointer, stream } = proof
  switch (options['kind']) {
    case 'total':
    case 'count':
      checkPath(look, own(options, 'path'), `${pointer}/path`)
      return

    case 'known_account':
      if (look.data['whoami'] === undefined)
        look.report('spec/needs-whoami', pointer, '`known_account` needs `whoami`, which is not declared', {
          help: 'add whoami: { request: GET /me, id: id } at the top',
        })
      return
    case 'by_id':
      if (own(options, 'of') !== undefined && options['of'] !== 'last_snapshot') checkStreamField(look, proof, 'of', 'account')
      needsGet(look, stream, pointer, 'by_id')
      return

    case 'two_path':
      checkStreamField(look, proof, 'stream', null)
      needsGet(look, stream, pointer, 'two_path')
      return

    case 'count_per_parent':
      checkPerParent(look, proof)
      return
  }
}

function needsGet(look: Look, stream: Open, pointer: string, kind: string): void {
  if (own(stream, 'get') === undefined)
    look.report('spec/needs-get', pointer, `\`${kind}\` asks by id, and \`get\` is not declared`, {
      help: 'add get: GET /…/{id} to the stream',
    })
}

function checkStreamField(look: Look, { options, pointer }: Proof, key: string, preset: string | null): void {
  const streams = asMap(look.data['streams'])
  const name = own(options, key)
  if (typeof name !== 'string') return
  const other = own(streams, name)
  if (other === undefined) {
    look.report('spec/unknown-stream', `${pointer}/${key}`, `no stream \`${show(name)}\``, {
      help: didYouMean(name, Object.keys(streams)) ?? `streams: ${Object.keys(streams).join(', ')}`,
    })
    return
  }

  const field = own(options, 'field') ?? preset
  const fields = Object.keys(asMap(own(asMap(other), 'fields')))
  if (typeof field !== 'string' || fields.includes(field) || fields.length === 0) return
  const at = own(options, 'field') === undefined ? `${pointer}/${key}` : `${pointer}/field`
  look.report('spec/unknown-field', at, `stream \`${show(name)}\` has no field \`${show(field)}\``, {
    help: didYouMean(field, fields) ?? `its fields: ${fields.join(', ')}`,
  })
}

function checkPerParent(look: Look, { options, pointer, stream }: Proof): void {
  const path = own(options, 'path')
  if (typeof path !== 'string') return
  const [variable = '', member = ''] = path.split('.')
  const each = asMap(own(stream, 'each'))
  const here = `${pointer}/path`
  const parent = own(each, variable)
  if (parent === undefined) {
    const known = Object.keys(each)
    const help =
      known.length === 0 ? 'this stream has no `each`' : (didYouMean(variable, known) ?? `variables: ${known.join(', ')}`)
    look.report('spec/unknown-name', here, `no variable \`${show(variable)}\` of \`each\``, {
      where: { on: 'value', offset: 0, length: variable.length },
      help,
    })
    return
  }
  const declared = typeof parent === 'string' ? own(asMap(look.data['streams']), parent) : undefined
  if (declared === undefined) {
    if (typeof parent !== 'string' || parent.startsWith('settings.'))
      look.report('spec/unknown-name', here, `\`${show(variable)}\` is a plain value and has no count`)
    return
  }
  const members = [...Object.keys(asMap(own(asMap(declared), 'keep'))), ...Object.keys(asMap(own(asMap(declared), 'fields')))]
  if (members.includes(member)) return
  const where = { on: 'value', offset: variable.length + 1, length: member.length } as const
  look.report('spec/unknown-name', here, `stream \`${show(plain(parent))}\` keeps no \`${show(member)}\``, {
    where,
    help: didYouMean(member, members) ?? `add it to its \`keep\``,
  })
}
