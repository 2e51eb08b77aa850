/** One table of codes. A code is `room/what`; docs/errors.md is emitted from it and tested against it both ways. */

export type ErrorEntry = {
  /** What it means, one sentence. */
  readonly means: string
  /** Status the control API answers with. */
  readonly http: number
  /** May the same thing be tried again without a change? */
  readonly again: boolean
  /** What to do next, as an instruction. */
  readonly next: string
}

export const ERRORS = {
  // one entry a line; rooms add their own
  'auth/choice': {
    means: 'The setting that picks the way to sign in has a value without a way.',
    http: 422,
    again: false,
    next: 'Set it to one of the values listed in the message.',
  },
  'auth/client': {
    means: 'The connector says how the client proves itself but not with what.',
    http: 422,
    again: false,
    next: 'Add the option that the message names to `auth`.',
  },
  'auth/header': {
    means: 'A credential holds a character that no header can carry.',
    http: 422,
    again: false,
    next: 'Look for a line break in or after the secret where it is kept.',
  },
  'auth/invalid-client': {
    means: 'The target does not know this client, or its secret or signature is wrong.',
    http: 502,
    again: false,
    next: 'Check client id and secret (or key and key id) at the target; a rotated secret must be set here too.',
  },
  'auth/invalid-grant': {
    means: 'The target no longer takes the refresh token, or does not take the signed assertion.',
    http: 502,
    again: false,
    next: 'Sign in again and set the new refresh token; for an assertion check subject, scope and delegation at the target.',
  },
  'auth/key': {
    means: 'The private key cannot be used.',
    http: 422,
    again: false,
    next: 'Give an unencrypted PEM private key of the kind that the message names.',
  },
  'auth/no-token': {
    means: 'The answer to the token request holds no usable token.',
    http: 502,
    again: false,
    next: 'Compare `token` (or `cookie`) in `auth` with the documented answer of the target.',
  },
  'auth/not-kept': {
    means: 'A rotated refresh token could not be stored, so the access token was not used.',
    http: 503,
    again: true,
    next: 'Make the store writable and run again while this process still holds the token; else sign in again.',
  },
  'auth/refused': {
    means: 'The target refused the token request.',
    http: 502,
    again: false,
    next: 'Read the error in the message; check scope, audience and the rights of the client at the target.',
  },
  'auth/token-type': {
    means: 'The target gave a token that is bound to a key and cannot be sent as a bearer token.',
    http: 502,
    again: false,
    next: 'Turn off DPoP or MAC tokens for this client at the target.',
  },
  'auth/unavailable': {
    means: 'The token endpoint is overloaded or out of order.',
    http: 503,
    again: true,
    next: 'Wait and try again.',
  },
  'auth/unknown': {
    means: 'There is no auth word of this name.',
    http: 422,
    again: false,
    next: 'Use one of the words in docs/connector-language.md section 3.',
  },
  'auth/username': {
    means: 'A user name for HTTP Basic holds a colon.',
    http: 422,
    again: false,
    next: 'Use a user name without a colon, or another auth.',
  },
  'body/patch': {
    means: 'A paging value cannot be put where the connector says: the body has no object there.',
    http: 422,
    again: false,
    next: "Correct the path in `into`, or the body's value.",
  },
  'decode/cut': {
    means: 'The answer ends before it is whole.',
    http: 502,
    again: true,
    next: 'Nothing of it is used; it is asked for again. If it stays, look for a proxy or a time limit that cuts answers.',
  },
  'decode/depth': {
    means: 'The answer is nested deeper than 100 levels.',
    http: 502,
    again: false,
    next: "No directory sends this; check the URL, or the target's state.",
  },
  'decode/doctype': {
    means: 'The XML answer has a DOCTYPE, which can define entities.',
    http: 502,
    again: false,
    next: 'Ask the target for XML without a DOCTYPE, or for JSON.',
  },
  'decode/empty': {
    means: 'The answer has no body.',
    http: 502,
    again: true,
    next: 'Check the URL and the credential; if an empty body means an empty list, ask for another format.',
  },
  'decode/html': {
    means: 'The answer is an HTML page in the place of data.',
    http: 502,
    again: true,
    next: 'Open the URL: it is often a sign-in page, a proxy or a maintenance notice. Check base_url and the credential.',
  },
  'decode/ragged': {
    means: 'A row of the CSV answer has more or fewer columns than the others.',
    http: 502,
    again: false,
    next: 'Check the delimiter, or ask the target to quote its values.',
  },
  'decode/syntax': {
    means: 'The answer is not in the declared format.',
    http: 502,
    again: false,
    next: 'Check `decode` against a real answer with `rollcall preview`.',
  },
  'pages/beyond': {
    means: 'More rows or pages came than the target says there are.',
    http: 502,
    again: true,
    next: 'Read again; if it stays, the declared total is wrong or means something else: declare another end.',
  },
  'pages/hole': {
    means: 'An empty page, or a missing repeated row, before the declared end of the list.',
    http: 502,
    again: true,
    next: 'Read again; if it stays, the target hides rows or caps the list: ask for smaller parts of it with `each`.',
  },
  'pages/no-end-mark': {
    means: 'A page names no next page, and the declared end mark is not there either.',
    http: 502,
    again: true,
    next: 'Look at the last page with `rollcall preview` and declare in `end` what this API really sends.',
  },
  'pages/no-progress': {
    means: 'A page brought nothing but the rows that were asked for again.',
    http: 502,
    again: true,
    next: 'Ask for more than one row a page, or see whether the target ignores the offset.',
  },
  'pages/total-missing': {
    means: 'The list ends at its declared total, and the answer has none.',
    http: 502,
    again: true,
    next: 'Check the path of the total, or declare another end.',
  },
  'pages/url': {
    means: 'The link to the next page is no http or https URL.',
    http: 502,
    again: false,
    next: 'Check the path or header that names the next page.',
  },
  'pages/wrong-type': {
    means: 'What names the next page or the end has a type that it cannot have.',
    http: 502,
    again: false,
    next: 'Check the path against a real answer with `rollcall preview`.',
  },
  'store/absence': {
    means: 'A record was reported gone that the store never announced, or that the same read has.',
    http: 500,
    again: false,
    next: "Report this as a fault of the program, with the sync's number.",
  },
  'store/damaged': {
    means: "The store's file is damaged, or not a store of this program.",
    http: 500,
    again: false,
    next: 'Put a backup of the folder back, or move it away and sync again into a new one; keep the damaged file for examination.',
  },
  'store/ended': {
    means: 'A read or sync that is published, replaced or ended was to be changed.',
    http: 409,
    again: false,
    next: 'Begin a new sync; what is published stays as it is.',
  },
  'store/folder': {
    means: "The store's folder can not be made, opened, read or written.",
    http: 500,
    again: false,
    next: 'Check the path, its owner and its rights, or name another folder.',
  },
  'store/full': {
    means: 'The disk of the store is full; nothing of the step was stored.',
    http: 507,
    again: true,
    next: 'Free space on that disk and run the same again: it goes on at the last stored page.',
  },
  'store/locked': {
    means: 'Another process has this store open.',
    http: 423,
    again: true,
    next: 'Stop the other process, wait for it, or name another folder; a process that died holds nothing.',
  },
  'store/newer': {
    means: 'The store was written by a newer version of this program.',
    http: 409,
    again: false,
    next: 'Use that version or a later one; the store is untouched.',
  },
  'store/not-found': {
    means: 'The store has no such folder, connection, sync or stream.',
    http: 404,
    again: false,
    next: 'Check the name; list what there is.',
  },
  'store/page-exists': {
    means: "A page was to be stored that the read's ledger has already.",
    http: 409,
    again: false,
    next: "Report this as a fault of the program, with the sync's number.",
  },
  'value/cel': {
    means: 'An expression is not valid CEL, or does not fit its types.',
    http: 422,
    again: false,
    next: 'Correct the expression at the marked place; JSON numbers are doubles (`n + 1.0`), a missing field is asked with `has(record.x)`.',
  },
  'value/evaluate': {
    means: 'A CEL expression failed on this record or answer; there is no value, not an empty one.',
    http: 422,
    again: false,
    next: 'Guard what may be missing: `has(record.x) && …` or `record.?x.orValue(…)`.',
  },
  'value/form': {
    means: 'A value has none of the three forms: literal, path, CEL behind `=`.',
    http: 422,
    again: false,
    next: 'Write a number, `{ literal: text }`, a dotted path, or `= expression`.',
  },
  'value/name': {
    means: 'An expression uses a name that is not known there, or one that no data may have.',
    http: 422,
    again: false,
    next: 'Use one of the names listed in the message.',
  },
  'value/number': {
    means: 'The result of an expression is a number that JSON cannot hold exactly.',
    http: 422,
    again: false,
    next: 'Keep long integers as text; do not convert them with int().',
  },
  'value/path': {
    means: 'A path is not well formed.',
    http: 422,
    again: false,
    next: 'Write `a.b`, `a[0].b`, `a[*].b`, `["key.with.dots"].x`, or `[]` for the whole.',
  },
  'value/regex': {
    means: 'A `matches` pattern is no literal, no RE2 pattern, or too large.',
    http: 422,
    again: false,
    next: 'Use RE2 syntax: no look-around and no back-references; write the pattern as a literal text.',
  },
  'value/result': {
    means: 'The result of an expression is no JSON value.',
    http: 422,
    again: false,
    next: 'Convert it: bytes by `.string()` or `.base64()`.',
  },
  'value/template': {
    means: 'A template could not be filled: a name has no value, or one that may not stand there.',
    http: 422,
    again: false,
    next: 'Check the setting or variable that the message names.',
  },
  'value/template-syntax': {
    means: 'A template has a lone brace.',
    http: 422,
    again: false,
    next: 'Write `{name}` for a value and `{{` or `}}` for a literal brace.',
  },
} as const satisfies { readonly [code: string]: ErrorEntry }

/** Our own fault or a caller's: never thrown for what a target did. `where` names a spec path or `GET /users`. */
export class Failure extends Error {
  readonly code: string
  readonly where: string
  constructor(code: string, where: string, because: string, options?: { cause?: unknown }) {
    super(because, options)
    this.name = 'Failure'
    this.code = code
    this.where = where
  }
}
