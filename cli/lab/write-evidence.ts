/** What a change is shown by, item by item, and an action declared without it: the lab's own copy of the connector says less, the runtime is as it is. */
import type { Action, Connector } from '../../runtime/types.ts'

export const WRITE_EVIDENCE = {
  second_look: 'each facet is looked at in more than one way',
  agreement: 'several looks in a row must agree',
  recheck: 'it is looked at again an hour, a day later',
  bystanders: 'what nobody asked to change is held against what it was',
  binding: 'the record is still that of the person whom it was asked for',
} as const satisfies { readonly [item: string]: string }

/** The same scene, its action declared without some of its evidence. */
export function blinded<S extends { readonly action: Action; readonly connector: Connector }>(
  scene: S,
  off: readonly string[],
): S {
  if (off.length === 0) return scene
  const action = withoutEvidence(scene.action, off)
  return { ...scene, action, connector: { ...scene.connector, actions: { ...scene.connector.actions, [action.name]: action } } }
}

function withoutEvidence(action: Action, off: readonly string[]): Action {
  const is = (item: keyof typeof WRITE_EVIDENCE) => off.includes(item)
  const looks = is('second_look')
    ? action.verify.filter((one, at, all) => all.findIndex(({ facet }) => facet === one.facet) === at)
    : action.verify
  return {
    ...action,
    verify: is('agreement') ? looks.map((one) => ({ ...one, agree: 1 })) : looks,
    recheck_s: is('recheck') ? [] : action.recheck_s,
    may_change: is('bystanders') ? null : action.may_change,
    bind: is('binding') ? [] : action.bind,
  }
}
