/** Every facet is looked at, and every look can show what it is meant to. */
import { DURATION, seconds } from '../../kinds/duration.ts'
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import type { Data } from '../tree.ts'
import type { Seen, Verify } from './action.ts'
import { asMap, own, plain, texts } from './look.ts'

export function checkLooks(seen: Seen): void {
  const unasked = seen.verify.filter(({ facet }) => facet !== null && !seen.does.includes(facet))
  const unseen = seen.does.filter((facet) => !seen.verify.some((one) => one.facet === facet))
  checkUnasked(seen, unasked, unseen)
  // A verify that names another facet may be the one that is missing: that is told already.
  if (unasked.length === 0 && own(seen.action, 'unverifiable') === undefined) checkUnseen(seen, unseen)
  for (const facet of seen.does) checkFacet(seen, facet)
  for (const verify of seen.verify) checkVerify(seen, verify)
}

function checkUnasked({ look, does }: Seen, unasked: readonly Verify[], unseen: readonly string[]): void {
  if (does.length === 0) return
  for (const { pointer, facet } of unasked) {
    const near = didYouMean(facet!, does) ?? (unseen.length === 1 ? `did you mean \`${unseen[0]}\`?` : null)
    look.report('spec/unasked-facet', `${pointer}/facet`, `\`${show(facet!)}\` is no facet of \`does\``, {
      help: near ?? `does: ${does.join(', ')}`,
    })
  }
}

function checkUnseen({ look, pointer, action, does }: Seen, unseen: readonly string[]): void {
  const help = 'add a `verify` for it, or say `unverifiable: why`'
  if (unseen.length === does.length && does.length > 0) {
    look.report('spec/no-look', pointer, 'nothing looks whether it happened', {
      where: { on: 'owner' },
      help: help.replace(' for it', ''),
    })
    return
  }
  for (const facet of unseen) {
    const state = plain(asMap(own(action, 'does'))[facet])
    look.report('spec/no-look', `${pointer}/does/${facet}`, `nothing looks whether \`${facet}\` is \`${show(state)}\``, {
      where: { on: 'key' },
      help,
    })
  }
}

/** Facets of which access given before can be all that is left. */
const LADDERED = ['sessions', 'tokens']
const SHOW_ABSENCE = ['gone', 'not_listed']

function checkFacet({ look, action, verify }: Seen, facet: string): void {
  const mine = verify.filter((one) => one.facet === facet)
  const [first] = mine
  if (first === undefined || mine.some(({ kind }) => kind === null)) return
  if (!LADDERED.includes(facet) && mine.every(({ kind }) => kind === 'residual')) {
    look.report('spec/only-residual', `${first.pointer}/probe`, `\`residual\` says nothing of \`${facet}\``, {
      where: { on: 'value', offset: 0 },
      help: 'add a probe that looks, or say `unverifiable: why`',
    })
    return
  }
  if (mine.every(({ declared }) => own(declared, 'when') !== undefined))
    look.report(
      'spec/no-look',
      `${first.pointer}/when`,
      `every look at \`${facet}\` has a \`when\`: where none holds, nothing looks`,
      {
        where: { on: 'key' },
        help: 'leave `when` out of the path that shows it always',
      },
    )
  const absent = facet === 'account' && asMap(own(action, 'does'))[facet] === 'absent'
  if (absent && !mine.some(({ kind }) => SHOW_ABSENCE.includes(kind!)))
    look.report('spec/no-control', `${first.pointer}/probe`, 'that an account is absent is shown against one that is alive', {
      where: { on: 'value', offset: 0 },
      help: 'use { kind: gone } or { kind: not_listed, … }',
    })
}

function checkVerify(seen: Seen, verify: Verify): void {
  checkDeadline(seen, verify)
  checkControl(seen, verify)
  checkGet(seen, verify)
  if (verify.facet !== null && !LADDERED.includes(verify.facet) && own(verify.options, 'rung') !== undefined)
    seen.look.report(
      'spec/unknown-key',
      `${verify.pointer}/probe/rung`,
      `\`rung\` has no meaning with \`${show(verify.facet)}\``,
      {
        where: { on: 'key' },
        help: 'the ladder is of sessions and tokens; remove it',
      },
    )
}

function checkDeadline({ look }: Seen, { pointer, declared, kind }: Verify): void {
  if (kind === 'residual') return
  const agree = own(declared, 'agree') ?? 2
  const within = secondsOf(own(declared, 'within') ?? '2m')
  const every = secondsOf(own(declared, 'every') ?? '5s')
  if (typeof agree !== 'number' || within === null || every === null || (agree - 1) * every <= within) return
  const at = ['within', 'every', 'agree'].find((key) => own(declared, key) !== undefined)!
  look.report('spec/short-deadline', `${pointer}/${at}`, `${agree} looks every ${every} s do not fit into ${within} s`, {
    help: `within: ${(agree - 1) * every + every}s`,
  })
}

function secondsOf(value: Data): number | null {
  return typeof value === 'string' && new RegExp(DURATION).test(value) ? seconds(value) : null
}

/** Where the look of a negative finding stands; with the stream's `get` another id can be asked for. */
const NEGATIVE: { readonly [kind: string]: string } = { gone: 'look', count: 'look', empty: 'list' }

/** The same look must be possible for a record that is alive. */
function checkControl({ look }: Seen, { pointer, options, kind }: Verify): void {
  const key = NEGATIVE[kind ?? '']
  const request = key === undefined ? undefined : own(options, key)
  if (key === undefined || request === undefined) return
  if (
    texts(request, '').some(({ text }) => /\{(id|record\.|input\.)|\b(id|record|input)\b/.test(text.replace(/^\s*[A-Z]+ /, '')))
  )
    return
  look.report(
    'spec/no-control',
    `${pointer}/probe/${key}`,
    'the same cannot be asked for a record that is alive: no `{id}` in it',
    {
      help: 'put {id} in its path, query or body',
    },
  )
}

const BY_GET = ['state', 'gone', 'count', 'moved']

function checkGet({ look, lacksGet }: Seen, { pointer, options, kind }: Verify): void {
  if (!BY_GET.includes(kind ?? '') || own(options, 'look') !== undefined || !lacksGet()) return
  look.report('spec/needs-get', `${pointer}/probe`, `\`${kind}\` looks by \`get\`, which the stream does not declare`, {
    where: { on: 'value', offset: 0 },
    help: 'add get: GET /…/{id} to the stream, or `look` here',
  })
}
