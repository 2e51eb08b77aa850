/** Requests, expressions and paths of an action: what each may name depends on when it is used. */
import { VIEW_NAMES } from '../../kinds/probe/parts/evaluate.ts'
import { parseLine } from '../request.ts'
import type { Data } from '../tree.ts'
import type { Seen, Verify } from './action.ts'
import { checkAnswerCel, checkCel, checkMembers, checkPath, checkRecordCel, checkValue, isCel } from './expressions.ts'
import { asMap, entries, type Open, own } from './look.ts'
import { checkRequest } from './requests.ts'
import { type Names, PLAIN } from './templates.ts'

export function checkTexts(seen: Seen): void {
  const { look, pointer, action } = seen
  const cel = celNames(seen)
  checkRequest(look, own(action, 'before'), `${pointer}/before`, { ...names(seen, 'id'), cel: ['id', 'input', 'settings'] })
  overInput(seen, own(action, 'already'), `${pointer}/already`, cel)
  for (const one of entries(own(action, 'protect'), `${pointer}/protect`))
    overInput(seen, own(asMap(one.value), 'when'), `${one.pointer}/when`, cel)
  checkFindTexts(seen)
  checkSend(seen, own(action, 'send'), `${pointer}/send`)
  for (const one of entries(own(action, 'steps'), `${pointer}/steps`)) {
    const step = asMap(one.value)
    checkSend(seen, own(step, 'send'), `${one.pointer}/send`)
    overInput(seen, own(step, 'when'), `${one.pointer}/when`, cel)
    checkAnswerCel(look, own(step, 'accepted'), `${one.pointer}/accepted`)
  }
  for (const verify of seen.verify) {
    checkProbe(seen, verify)
    overInput(seen, own(verify.declared, 'when'), `${verify.pointer}/when`, cel)
  }
  checkJob(seen)
  checkAnswerCel(look, own(asMap(own(action, 'invitation')), 'when'), `${pointer}/invitation/when`)
}

/** Before the send of a create there is neither id nor record; after it there is an id. */
function celNames({ create }: Seen): readonly string[] {
  return create ? ['input', 'settings'] : ['record', ...VIEW_NAMES]
}

function names(seen: Seen, knows: 'input' | 'id' | 'record'): Names {
  const inputs = asMap(own(seen.action, 'input'))
  const those = (is: (input: Open) => boolean) =>
    seen.inputs.filter((name) => is(asMap(inputs[name]))).map((name) => `input.${name}`)
  const variables: { [name: string]: readonly string[] | null } = { input: seen.inputs }
  if (knows !== 'input') variables['id'] = null
  return {
    ...PLAIN,
    variables,
    record: knows === 'record',
    lists: those((input) => own(input, 'type') === 'list'),
    optional: those((input) => own(input, 'required') === false),
    cel: celNames(seen),
    elsewhere: seen.create
      ? 'what a create makes has no id and no record yet; its looks know `{id}`'
      : '`{record.…}` is the record of the look before: known from the first step on',
  }
}

function overInput(seen: Seen, data: Data | undefined, pointer: string, variables: readonly string[]): void {
  checkCel(seen.look, data, pointer, variables)
  if (typeof data === 'string' && isCel(data)) checkMembers(seen.look, data, pointer, { input: seen.inputs })
}

function checkSend(seen: Seen, send: Data | undefined, pointer: string): void {
  const { look } = seen
  checkRequest(look, send, pointer, names(seen, seen.create ? 'input' : 'record'), 'write')
  const short = typeof send === 'string'
  const text = short ? send : own(asMap(send), 'request')
  if (typeof text !== 'string' || parseLine(text)?.method !== 'GET') return
  look.report('spec/reading-step', short ? pointer : `${pointer}/request`, 'a GET is meant to change nothing', {
    where: { on: 'value', offset: 0, length: 3 },
    help: 'is it documented so? a look belongs in `before` or `verify`',
    severity: 'warning',
  })
}

function checkFindTexts(seen: Seen): void {
  const { look, pointer, action } = seen
  const find = asMap(own(action, 'find'))
  const here = `${pointer}/find`
  checkRequest(look, own(find, 'request'), `${here}/request`, { ...names(seen, 'input'), cel: ['input', 'settings'] })
  checkPath(look, own(find, 'records'), `${here}/records`)
  checkValue(look, own(find, 'id'), `${here}/id`, ['settings', 'input'])
  overInput(seen, own(find, 'match'), `${here}/match`, ['record', 'input', 'settings'])
}

const PATHS = ['record', 'records', 'path', 'at']

function checkProbe(seen: Seen, { pointer, options, kind }: Verify): void {
  const { look } = seen
  const here = `${pointer}/probe`
  // Of a create the looks come when the id is known; there never was a record before.
  const view = VIEW_NAMES.filter((name) => !(seen.create && name === 'before'))
  const known = { ...names(seen, seen.create ? 'id' : 'record'), cel: seen.create ? view : ['record', ...view] }
  for (const key of ['look', 'list']) checkRequest(look, own(options, key), `${here}/${key}`, known)
  for (const key of PATHS) checkPath(look, own(options, key), `${here}/${key}`)
  overInput(seen, own(options, 'match'), `${here}/match`, ['record', ...view])
  const expect = own(options, 'expect')
  switch (kind) {
    case 'state':
      overInput(seen, expect, `${here}/expect`, ['record', 'status', 'headers', 'body', ...view])
      return
    case 'count':
      overInput(seen, expect, `${here}/expect`, ['count', ...view])
      return
    case 'gone':
      checkRecordCel(look, expect, `${here}/expect`, ['record', 'settings', 'input', 'before'])
      return
  }
}

function checkJob(seen: Seen): void {
  const { look, pointer, action } = seen
  const job = asMap(own(action, 'job'))
  const here = `${pointer}/job`
  const id = own(job, 'id')
  if (typeof id === 'string' && isCel(id)) checkAnswerCel(look, id, `${here}/id`)
  else checkPath(look, id, `${here}/id`)
  const known = names(seen, seen.create ? 'input' : 'record')
  checkRequest(look, own(job, 'poll'), `${here}/poll`, { ...known, extra: ['job'] })
  checkAnswerCel(look, own(job, 'done'), `${here}/done`)
  checkAnswerCel(look, own(job, 'failed'), `${here}/failed`)
}
