/** Names between streams: each, refers; and that parents come before children. */
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import { asMap, entries, type Look, own, texts } from './look.ts'

/** Names that expressions and templates already give a meaning. */
const TAKEN = new Set(['settings', 'record', 'id', 'status', 'headers', 'body', 'token'])

export function checkGraph(look: Look): void {
  const streams = asMap(look.data['streams'])
  const names = Object.keys(streams)
  for (const { value, pointer, key: name } of entries(look.data['streams'], '/streams')) {
    const stream = asMap(value)
    for (const each of entries(own(stream, 'each'), `${pointer}/each`)) checkEach(look, each, name)
    for (const { text, pointer: here } of texts(own(stream, 'refers'), `${pointer}/refers`)) {
      if (!names.includes(text))
        look.report('spec/unknown-stream', here, `no stream \`${show(text)}\``, {
          help: didYouMean(text, names) ?? `streams: ${names.join(', ')}`,
        })
    }
  }
  checkCycles(look)
}

function checkEach(
  look: Look,
  each: { readonly key: string; readonly value: unknown; readonly pointer: string },
  name: string,
): void {
  const { key, value, pointer } = each
  const settings = asMap(look.data['settings'])
  const streams = Object.keys(asMap(look.data['streams']))
  if (TAKEN.has(key) || own(settings, key) !== undefined) {
    const what = TAKEN.has(key) ? 'has a meaning of its own' : 'is a setting too'
    look.report('spec/taken-name', pointer, `\`${show(key)}\` ${what}`, {
      where: { on: 'key' },
      help: 'choose another name for the variable',
    })
  }
  if (typeof value !== 'string') return
  if (value.startsWith('settings.')) {
    const setting = value.slice('settings.'.length)
    const declared = own(settings, setting)
    if (declared === undefined)
      look.report('spec/unknown-name', pointer, `no setting \`${show(setting)}\``, {
        help: didYouMean(setting, Object.keys(settings)) ?? 'declare it below settings',
      })
    else if (asMap(declared)['type'] !== 'list')
      look.report('spec/not-a-list', pointer, `\`${show(setting)}\` is no setting of type list`, { help: 'give it `type: list`' })
  } else if (!streams.includes(value)) {
    const settings_help = own(settings, value) !== undefined ? `a setting is written settings.${value}` : null
    look.report('spec/unknown-stream', pointer, `no stream \`${show(value)}\``, {
      help: settings_help ?? didYouMean(value, streams) ?? `streams: ${streams.filter((one) => one !== name).join(', ')}`,
    })
  }
}

/** One message a cycle, at the first stream of it in the file. */
function checkCycles(look: Look): void {
  const streams = asMap(look.data['streams'])
  const parents = (name: string) =>
    texts(own(asMap(own(streams, name)), 'each'), '')
      .map(({ text }) => text)
      .filter((text) => own(streams, text) !== undefined)
  const state = new Map<string, 'open' | 'done'>()
  const visit = (name: string, trail: readonly string[]): void => {
    if (state.get(name) === 'done') return
    if (state.get(name) === 'open') {
      const cycle = [...trail.slice(trail.indexOf(name)), name]
      const first = Object.keys(streams).find((one) => cycle.includes(one))!
      look.report(
        'spec/cycle',
        `/streams/${first}/each`,
        `streams wait for each other: ${cycle.map((one) => show(one)).join(' → ')}`,
        { where: { on: 'owner' } },
      )
      return
    }
    state.set(name, 'open')
    for (const parent of parents(name)) visit(parent, [...trail, name])
    state.set(name, 'done')
  }
  for (const name of Object.keys(streams)) visit(name, [])
}
