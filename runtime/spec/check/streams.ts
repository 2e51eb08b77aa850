/** Paths, expressions, fields and filters of each stream. */
import { MODELS } from '../../kinds/model.ts'
import { RECORD_TYPES, type RecordType } from '../../types.ts'
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import type { Data } from '../tree.ts'
import { checkMembers, checkPath, checkRecordCel, checkValue } from './expressions.ts'
import { asList, asMap, entries, type Look, type Open, own, plain, texts } from './look.ts'
import { variablesOf } from './requests.ts'

export function checkStreams(look: Look): void {
  checkValue(look, own(asMap(look.data['whoami']), 'id'), '/whoami/id', [])
  for (const { value, pointer } of entries(look.data['streams'], '/streams')) checkStream(look, asMap(value), pointer)
}

function checkStream(look: Look, stream: Open, pointer: string): void {
  const given = variablesOf(look, own(stream, 'each'))
  for (const name of ['id', 'fields', 'keep', 'filters', 'gone']) {
    for (const one of texts(own(stream, name), `${pointer}/${name}`))
      if (one.key !== 'literal') checkMembers(look, one.text, one.pointer, given)
  }
  const variables = ['settings', 'record', ...Object.keys(asMap(own(stream, 'each')))]
  checkPath(look, own(stream, 'records'), `${pointer}/records`)
  checkPath(look, own(stream, 'get_record'), `${pointer}/get_record`)
  checkPath(look, own(stream, 'sorted_by'), `${pointer}/sorted_by`)
  const id = own(stream, 'id')
  if (Array.isArray(id)) for (const one of entries(id, `${pointer}/id`)) checkValue(look, one.value, one.pointer, variables)
  else checkValue(look, id, `${pointer}/id`, variables)
  for (const name of ['fields', 'keep'])
    for (const one of entries(own(stream, name), `${pointer}/${name}`)) checkValue(look, one.value, one.pointer, variables)
  checkRecordCel(look, own(stream, 'gone'), `${pointer}/gone`, variables)
  const names = new Set<string>()
  for (const one of entries(own(stream, 'filters'), `${pointer}/filters`)) {
    checkRecordCel(look, own(asMap(one.value), 'drop'), `${one.pointer}/drop`, variables)
    const name = own(asMap(one.value), 'name')
    if (typeof name === 'string' && names.has(name))
      look.report('spec/duplicate-key', `${one.pointer}/name`, `a second filter is named \`${show(name)}\``)
    if (typeof name === 'string') names.add(name)
  }
  checkPages(look, asMap(own(stream, 'pages')), `${pointer}/pages`)
  checkFields(look, stream, pointer)
  for (const key of ['gone', 'get_record']) {
    if (own(stream, key) !== undefined && own(stream, 'get') === undefined)
      look.report('spec/needs-get', `${pointer}/${key}`, `\`${key}\` is about the answer of \`get\`, which is not declared`, {
        where: { on: 'key' },
        help: 'add get: GET /…/{id}',
      })
  }
}

/** Options of paging words that are paths in the answer or in a body. */
export function checkPages(look: Look, pages: Open, pointer: string): void {
  const kind = own(pages, 'kind')
  const from = own(pages, 'from')
  const end = asMap(own(pages, 'end'))
  const paths: readonly (readonly [Data | undefined, string])[] = [
    [kind === 'cursor' ? from : undefined, '/from'],
    [own(asMap(from), 'last_record'), '/from/last_record'],
    [kind === 'next_url' ? own(pages, 'path') : undefined, '/path'],
    [own(pages, 'total'), '/total'],
    [own(end, 'flag'), '/end/flag'],
    [own(end, 'last_page'), '/end/last_page'],
    [own(asMap(own(pages, 'into')), 'body'), '/into/body'],
    [own(asMap(own(pages, 'size')), 'body'), '/size/body'],
  ]
  for (const [data, below] of paths) checkPath(look, data, pointer + below)
}

function checkFields(look: Look, stream: Open, pointer: string): void {
  const is = own(stream, 'is')
  const fields = asMap(own(stream, 'fields'))
  const type = RECORD_TYPES.find((one) => one === is)
  if (type !== undefined) for (const one of entries(fields, `${pointer}/fields`)) checkLiteral(look, one, type)
  const declared = Object.keys(fields)
  for (const name of ['floor', 'refers']) {
    for (const { key, pointer: here } of entries(own(stream, name), `${pointer}/${name}`)) {
      if (declared.includes(key) || declared.length === 0) continue
      look.report('spec/unknown-field', here, `\`${show(key)}\` is no declared field of this stream`, {
        where: { on: 'key' },
        help: didYouMean(key, declared) ?? `declared here: ${declared.join(', ')}`,
      })
    }
  }
}

/** A literal of the wrong type would quarantine every record. */
function checkLiteral(
  look: Look,
  field: { readonly key: string; readonly value: Data; readonly pointer: string },
  type: RecordType,
): void {
  const wanted = MODELS[type].properties[field.key]?.type
  const wrapped = own(asMap(field.value), 'literal')
  const literal = wrapped === undefined ? field.value : wrapped
  if (wanted === undefined || (typeof literal === 'object' && wrapped === undefined && literal !== null)) return
  if (typeof literal === 'string' && wrapped === undefined) return
  const fits = {
    string: typeof literal === 'string',
    boolean: typeof literal === 'boolean',
    integer: Number.isSafeInteger(literal),
    array: Array.isArray(literal) && asList(literal).every((one) => typeof one === 'string'),
  }[wanted]
  if (fits || (literal === null && !MODELS[type].required.includes(field.key))) return
  const names = { string: 'a text', boolean: 'true or false', integer: 'a whole number', array: 'a list of texts' }
  look.report(
    'spec/literal-type',
    field.pointer,
    `\`${field.key}\` holds ${names[wanted]}, not \`${show(JSON.stringify(literal))}\``,
    { help: wanted === 'string' ? `{ literal: "${show(plain(literal))}" }` : null },
  )
}
