/** The webhook: how a message shows whose it is, whom it names, and that the secret is no part of the file. */
import { parseOver } from '../../kinds/verify-webhook/parts/over.ts'
import { show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import { settingsForWatchingOnly } from '../setting-use.ts'
import { checkPath } from './expressions.ts'
import { checkNames } from './feeds.ts'
import { asMap, entries, type Found, type Look, type Open, own } from './look.ts'
import { checkTemplate, PLAIN } from './templates.ts'

export function checkWebhook(look: Look, found: readonly Found[]): void {
  checkRequired(look)
  const declared = look.data['webhook']
  if (declared === undefined) return
  const webhook = asMap(declared)
  checkVerify(look, asMap(own(webhook, 'verify')))
  checkPath(look, own(webhook, 'records'), '/webhook/records')
  checkNames(look, own(webhook, 'names'), '/webhook/names', found)
  const feeds = Object.keys(asMap(look.data['feeds']))
  for (const { value, pointer } of entries(own(webhook, 'polls'), '/webhook/polls')) {
    if (typeof value !== 'string' || feeds.includes(value)) continue
    look.report('spec/unknown-feed', pointer, `no feed \`${show(value)}\``, {
      help: didYouMean(value, feeds) ?? (feeds.length > 0 ? `feeds: ${feeds.join(', ')}` : 'declare it below `feeds`'),
    })
  }
  if (own(webhook, 'names') === undefined && own(webhook, 'polls') === undefined)
    look.report('spec/names-nobody', '/webhook', 'the webhook names nobody and asks no feed', {
      where: { on: 'key' },
      help: 'add names: [{ stream, id }], or polls: and a feed',
    })
}

function checkVerify(look: Look, verify: Open): void {
  const secret = own(verify, 'secret')
  if (typeof secret === 'string') {
    checkTemplate(look, '/webhook/verify/secret', secret, 0, { ...PLAIN, secrets: 'allowed' }, 'other')
    checkSecret(look, secret)
  }
  if (own(verify, 'kind') === 'shared_body') checkPath(look, own(verify, 'path'), '/webhook/verify/path')
  if (own(verify, 'kind') === 'hmac') checkSigned(look, verify)
}

/** A name that is not known is told already: it may have been meant to be the secret. */
function checkSecret(look: Look, text: string): void {
  const settings = asMap(look.data['settings'])
  const names = [...text.matchAll(/\{([^{}]+)\}/g)].map((found) => found[1]!.replace(/^settings\./, ''))
  if (names.some((name) => own(settings, name) === undefined || asMap(settings[name])['type'] === 'secret')) return
  look.report('spec/literal-secret', '/webhook/verify/secret', 'no setting of type secret stands in it', {
    help: 'secret: "{webhook_secret}", and below settings webhook_secret: { type: secret, required: false }',
  })
}

function checkSigned(look: Look, verify: Open): void {
  const here = '/webhook/verify'
  const over = own(verify, 'over') ?? '{body}'
  if (typeof over !== 'string') return
  const parts = parseOver(over)
  if (parts === null) {
    look.report('spec/signed-parts', `${here}/over`, `\`${show(over)}\` does not say what is signed`, {
      help: '{body} once, perhaps {id} and {timestamp}, and something between them: {id}.{timestamp}.{body}',
    })
    return
  }
  const pieces = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.piece]))
  for (const piece of ['id', 'timestamp'] as const) {
    const header = own(verify, piece)
    if (header !== undefined && !pieces.includes(piece))
      look.report('spec/signed-parts', `${here}/${piece}`, `\`${piece}\` is not signed, so anybody could give another`, {
        where: { on: 'key' },
        help: `over: "{${piece}}.{body}" where the target signs it, else remove it`,
      })
    if (header === undefined && pieces.includes(piece))
      look.report('spec/signed-parts', `${here}/over`, `\`{${piece}}\` is signed, and no header is said to hold it`, {
        help: `add ${piece}: and the header's name`,
      })
  }
}

/** A connection without feeds and webhook works as well. */
function checkRequired(look: Look): void {
  const only = settingsForWatchingOnly(look.data)
  for (const { key, value, pointer } of entries(look.data['settings'], '/settings')) {
    const setting = asMap(value)
    if (setting['type'] !== 'secret' || own(setting, 'required') !== undefined || !only.has(key)) continue
    look.report(
      'spec/required-secret',
      pointer,
      `only the webhook needs \`${show(key)}\`, and every connection would have to give it`,
      {
        where: { on: 'key' },
        help: 'add required: false',
        severity: 'warning',
      },
    )
  }
}
