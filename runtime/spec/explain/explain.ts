/** ajv's errors → what an author needs to read. */

import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Tree } from '../tree.ts'
import type { Fault } from './fault.ts'
import { badName, keyFaults, notHere } from './keys.ts'
import { wrongKind } from './kinds.ts'
import { badValue, isChoiceOfKeys, wrongType } from './values.ts'

export function explain(errors: readonly ErrorObject[], tree: Tree): readonly Fault[] {
  const faults: Fault[] = []
  for (const [pointer, here] of Map.groupBy(errors, (error) => error.instancePath)) {
    const type = here.find((error) => error.keyword === 'type')
    const tag = here.find((error) => error.keyword === 'discriminator')
    if (type !== undefined) faults.push(wrongType(type, tree))
    else if (tag !== undefined) faults.push(wrongKind(tag, tree))
    else {
      const off = here.find((error) => error.keyword === 'false schema')
      if (off !== undefined) {
        // What rules it out may itself be wrong: then that is told.
        if (!errors.some((error) => error.keyword !== 'false schema' && isBeside(error.instancePath, pointer)))
          faults.push(notHere(off, tree))
        continue
      }
      const keys = keyFaults(pointer, here, tree)
      faults.push(...keys)
      const names = here.filter((error) => error.keyword === 'propertyNames')
      faults.push(...names.map((error) => badName(error, tree)))
      const is_typo = keys.some((fault) => fault.problem.code === 'spec/unknown-key')
      const rest = here.filter(
        (error) =>
          error.propertyName === undefined &&
          !(is_typo && isChoiceOfKeys(error)) &&
          !['additionalProperties', 'required', 'dependentRequired', 'dependencies', 'propertyNames'].includes(error.keyword),
      )
      const first = rest.find((error) => error.keyword === 'enum' || error.keyword === 'const') ?? rest[0]
      if (first !== undefined) faults.push(badValue(first, tree))
    }
  }
  return faults
}

function isBeside(pointer: string, other: string): boolean {
  return pointer !== other && pointer.startsWith(other.slice(0, other.lastIndexOf('/') + 1))
}
