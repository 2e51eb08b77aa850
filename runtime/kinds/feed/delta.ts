import type { RequestSpec } from '../../types.ts'
import { DURATION, seconds } from '../duration.ts'
import type { FeedKind } from '../kind.ts'
import { instantOf } from '../probe/parts/instant.ts'
import { requestSchema } from '../prove/parts/request.ts'
import { compilePath } from '../value/path.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'delta' },
    start: {
      ...requestSchema,
      description: 'The request that gives the first position: what it lists is read to the end and names nobody.',
    },
    position: {
      type: 'string',
      minLength: 1,
      description: 'Path in the last page of where to go on: a URL, or a token for `{position}` in `list`.',
      examples: ['@odata.deltaLink'],
    },
    kept: {
      type: 'string',
      pattern: DURATION,
      description: 'How long a position holds; an older one is lost, and said to be. Absent: as long as the target takes it.',
      examples: ['7d'],
    },
  },
  required: ['kind', 'start', 'position'],
  additionalProperties: false,
} as const

type Options = {
  readonly kind: 'delta'
  readonly start: RequestSpec
  readonly position: string
  readonly kept?: string
  /** Said by whether the feed declares a `list`, which takes a token; without one the position is the URL itself. */
  readonly position_is: 'url' | 'token'
}

const MOST_LENGTH = 65_536

/** A list of what changed since a mark that the target gave. */
export const delta: FeedKind<Options> = {
  kind: 'delta',
  description: 'What changed since a mark that the last page of the poll before gave.',
  schema,
  example: { kind: 'delta', start: 'GET /users/delta?$deltatoken=latest', position: '@odata.deltaLink', kept: '7d' },
  gives: ['position'],
  ask(options, position, now_ms) {
    if (position === null) return { ask: 'list', request: options.start, vars: {}, url: null }
    const mark = position['mark']
    if (typeof mark !== 'string' || mark === '') return { ask: 'lost', because: 'the position is none of a delta' }
    const at_ms = instantOf(position['at'])?.ms
    if (options.kept !== undefined && at_ms !== undefined && at_ms < now_ms - seconds(options.kept) * 1000)
      return { ask: 'lost', because: `the position is older than the ${options.kept} for which the target takes it` }
    if (options.position_is === 'token') return { ask: 'list', request: null, vars: { position: mark }, url: null }
    // The request gives method and headers; the mark is the whole address.
    return isUrl(mark) ? { ask: 'list', request: null, vars: {}, url: mark } : { ask: 'lost', because: 'the position is no URL' }
  },
  after(options, _position, { body, now_ms }) {
    const mark = compilePath(options.position)(body)
    const text = typeof mark === 'number' && Number.isSafeInteger(mark) ? String(mark) : mark
    if (typeof text !== 'string' || text === '') return { broken: `the last page has no \`${options.position}\`` }
    if (text.length > MOST_LENGTH) return { broken: `\`${options.position}\` has more than ${MOST_LENGTH} characters` }
    if (options.position_is === 'url' && !isUrl(text)) return { broken: `\`${options.position}\` of the last page is no URL` }
    return { to: { mark: text, at: new Date(now_ms).toISOString() }, told_until_ms: now_ms, forget_before_ms: null }
  },
  at: () => null,
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text)
}
