import { ageText, withoutMarks } from './ages.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { command } from './command.ts'
import { type BothStores, readingStore, storeDir, withStore } from './compose.ts'
import { actOf } from './inputs.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe, table } from './text.ts'
import { forgetKept } from './vault.ts'

const spec = {
  name: 'connections',
  about: 'Lists the stored connections, or removes one. Secrets are shown as what they are stored as: references.',
  words: '',
  takes: [0, 0],
  flags: {
    remove: { type: 'string', value: 'NAME', about: 'forget this connection; what was read stays in the store' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall connections', 'all of them'],
    ['rollcall connections --remove acme', 'forget one'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags }, io) => {
  const show = async (store: BothStores) => {
    if (flags.remove !== undefined) {
      await store.removeConnection(flags.remove, actOf(io, 'rollcall connections --remove'))
      await forgetKept(storeDir(flags.store, io), flags.remove, io)
      io.err(`removed ${safe(flags.remove)}\n`)
    }
    const connections = await store.connections()
    if (flags.json) {
      const shown = connections.map((one) => withoutMarks(one, io.now()))
      io.out(jsonLine({ version: JSON_VERSION, command: 'connections', connections: shown }))
      return EXIT.fine
    }
    if (connections.length === 0) io.err('no connections yet; `rollcall connect --help` shows how to make one\n')
    const paint = painter(io.color)
    const rows = connections.map((c) => {
      const secrets = Object.entries(c.secrets).map(([name, ref]) => `${name}=${ref.from}:${ref.name}`)
      const settings = Object.entries(c.settings).map(
        ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
      )
      return [
        paint.bold(safe(c.name)),
        safe(c.connector),
        safe(c.owner ?? '-'),
        safe(c.data_owner ?? '-'),
        ageText(c, io.now(), paint),
        safe([...settings, ...secrets].join(' ')),
      ]
    })
    if (rows.length > 0)
      io.out(
        table([
          ['name', 'connector', 'owner', 'data owner', 'credential', 'settings and secret references'].map(paint.dim),
          ...rows,
        ]),
      )
    return EXIT.fine
  }
  return flags.remove === undefined ? readingStore(flags.store, io, show) : withStore(flags.store, io, false, show)
})
