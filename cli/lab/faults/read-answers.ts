/** Lies about the whole answer: what is no list at all, refusals, waits, broken connections. */
import type { KindOptions } from '../../../runtime/types.ts'
import { at, put } from '../twin/path.ts'
import type { Answer, ErrorName, Native } from '../twin/types.ts'
import type { ReadFault, Struck } from './read-types.ts'

const LOGIN_PAGE =
  '<!doctype html><html><head><title>Sign in</title></head><body><form action="/login" method="post">Sign in</form></body></html>'

const refused = (what: ErrorName, says: string): ReadFault => ({ says, answer: ({ twin }) => twin.error(what) })
/** An error's body under a status that says that all is well. */
const as200 = ({ twin }: Struck, what: ErrorName): Answer => ({ ...twin.error(what), status: 200 })

export const ANSWERS: { readonly [name: string]: ReadFault } = {
  html_200: {
    says: 'a login page with 200',
    answer: (_, answer) => ({ ...answer, headers: { 'content-type': 'text/html; charset=utf-8' }, text: LOGIN_PAGE }),
  },
  empty_200: { says: 'an empty body with 200', answer: (_, answer) => ({ ...answer, text: '' }) },
  truncated_200: {
    says: 'JSON cut in the middle, with a correct length',
    answer: (_, answer) => ({ ...answer, text: answer.text.slice(0, Math.floor(answer.text.length / 2)) }),
  },
  half_line: {
    says: 'CSV cut in the middle of its last line, with a correct length',
    answer: ({ twin, state }, answer) => {
      const lines = answer.text.trimEnd()
      const begun = lines.lastIndexOf('\n') + 1
      state['share'] ??= twin.random()
      return { ...answer, text: lines.slice(0, begun + 1 + Math.floor(Number(state['share']) * (lines.length - begun - 1))) }
    },
  },
  header_alone: {
    says: 'the header row alone; the records are lost',
    answer: (_, answer) => ({ ...answer, text: answer.text.slice(0, answer.text.indexOf('\n') + 1) }),
  },
  header_changed: {
    says: 'a column goes by another name',
    answer: (_, answer) => ({ ...answer, text: answer.text.replace(/([^,\r\n]+)(\r?\n)/, '$1_v2$2') }),
  },
  header_lost: {
    says: 'no header row: the first record stands in its place',
    answer: (_, answer) => ({ ...answer, text: answer.text.slice(answer.text.indexOf('\n') + 1) }),
  },
  error_200: { says: "the target's own error words with 200", answer: (struck) => as200(struck, 'server') },
  ok_false_200: {
    says: '{"ok":false} with 200',
    answer: (_, answer) => ({ ...answer, text: '{"ok":false,"error":"fatal_error"}' }),
  },
  object_200: { says: '{} with 200', answer: (_, answer) => ({ ...answer, text: '{}' }) },
  forbidden: refused('forbidden', '403'),
  not_found: refused('not_found', '404'),
  server_error: refused('server', '500'),
  unauthorized: refused('unauthorized', '401: the credential is no longer taken'),
  /** Whatever the page, the position is no longer known: only a list from its beginning is. */
  cursor_expired: {
    says: 'the cursor expired',
    answer: ({ twin, page }, answer) => (page !== null && page.spot.page > 1 ? twin.error('expired') : answer),
  },
  throttle: {
    says: '429 with Retry-After',
    answer: ({ twin, lie }) => twin.error('too_many', { 'retry-after': String(lie.seconds ?? 1) }),
  },
  quota: { says: '403 that means a rate limit', answer: ({ twin }) => twin.error('quota') },
  next_elsewhere: {
    says: 'the next link points to another host',
    answer: ({ twin, lie, page }, answer) =>
      page === null || page.next === null ? answer : turned(answer, twin.connector.streams[lie.stream]?.pages),
  },
  cut: { says: 'the connection breaks in the middle of the body', answer: (_, answer) => ({ ...answer, cut: 'body' }) },
  unreachable: {
    says: 'the connection breaks before anything is answered',
    request: ({ twin }) => ({ ...twin.error('server'), cut: 'before' }),
  },
}

function read(text: string): Native | null {
  try {
    return JSON.parse(text) as Native
  } catch {
    return null
  }
}

/** The same server under another name: whoever follows is heard, by a host that nobody declared. */
function turned(answer: Answer, pages: KindOptions | undefined): Answer {
  const elsewhere = (url: string) => url.replaceAll('//127.0.0.1:', '//localhost:')
  const { link } = answer.headers
  if (pages?.kind !== 'next_url')
    return link === undefined ? answer : { ...answer, headers: { ...answer.headers, link: elsewhere(link) } }
  const body = read(answer.text)
  // Another lie made it something else before.
  if (body === null) return answer
  const path = String(pages['path'] ?? 'next')
  put(body, path, elsewhere(String(at(body, path) ?? '')))
  return { ...answer, text: JSON.stringify(body) }
}
