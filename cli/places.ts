/** Where a piece of a connector stands in its file. */
import type { Range } from '../runtime/spec/diagnostic.ts'
import { guard, readText } from '../runtime/spec/guard.ts'
import { escapePointer, pathOf, readTree } from '../runtime/spec/tree.ts'

export type Places = {
  readonly text: string
  /** The value at these keys, or the key of the nearest piece above that is written in the file. */
  readonly of: (keys: readonly string[]) => { readonly range: Range; readonly path: string }
}

/** Of a file that is a valid connector; of any other every place is its beginning. */
export function openPlaces(source: Uint8Array): Places {
  const { text } = readText(source)
  const guarded = guard(text)
  const spots = 'problem' in guarded ? undefined : readTree(guarded.tokens, text).tree?.spots
  const pointerOf = (keys: readonly string[]): string => keys.map((key) => `/${escapePointer(key)}`).join('')
  return {
    text,
    of(keys) {
      for (let length = keys.length; length > 0; length--) {
        const pointer = pointerOf(keys.slice(0, length))
        const spot = spots?.get(pointer)
        if (spot === undefined) continue
        const range = length === keys.length ? spot.value : (spot.key ?? spot.value)
        return { range, path: pathOf(pointerOf(keys)) }
      }
      return { range: [0, 1], path: pathOf(pointerOf(keys)) }
    },
  }
}
