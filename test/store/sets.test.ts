import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inChunks, numberSet, without } from '../../runtime/store/number-set.ts'
import { decodeRuns, encodeRuns, type Run, runsOf } from '../../runtime/store/runs.ts'
import { keyFilter } from '../../runtime/store/sqlite/key-filter.ts'
import { pendingTable } from '../../runtime/store/sqlite/pending.ts'
import { cleanJson, cleanText, keyOf } from '../../runtime/store/text.ts'

const numbers = fc.array(fc.oneof(fc.nat(300), fc.nat(40_000), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 20_000 })), {
  maxLength: 80,
})
const runs = fc.array(fc.tuple(fc.nat(70_000), fc.integer({ min: 1, max: 3000 })), { maxLength: 4 })
const expand = (list: Iterable<Run>): readonly number[] =>
  [...list].flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i))
const ascending = (list: Iterable<number>): readonly number[] => [...new Set(list)].sort((a, b) => a - b)

test('runs and their bytes hold the same numbers', () => {
  fc.assert(
    fc.property(numbers, (list) => {
      expect(expand(runsOf(list))).toEqual(ascending(list))
      expect(decodeRuns(encodeRuns(runsOf(list)))).toEqual(runsOf(list))
    }),
  )
  expect(() => decodeRuns(Uint8Array.of(1, 200))).toThrow('cut off')
})

test('a number set is a set: added by one and by runs, removed, walked, cut, ranked and subtracted', () => {
  fc.assert(
    fc.property(numbers, runs, numbers, fc.nat(80_000), fc.nat(30), (ones, some, gone, after, rank) => {
      const model = new Set<number>()
      const set = numberSet()
      for (const n of ones) {
        expect(set.add(n)).toBe(!model.has(n))
        model.add(n)
      }
      set.addRuns(some)
      for (const n of expand(some)) model.add(n)
      for (const n of gone) expect(set.remove(n)).toBe(model.delete(n))
      const all = ascending(model)
      expect(set.size()).toBe(all.length)
      expect(expand(set.runs())).toEqual(all)
      expect(expand(set.runs(after))).toEqual(all.filter((n) => n > after))
      expect([set.at(rank), set.at(all.length - 1), set.at(all.length)]).toEqual([all[rank], all.at(-1), undefined])
      expect(ones.map(set.has)).toEqual(ones.map((n) => model.has(n)))
      const taken = new Set(expand(some))
      expect(expand(without(set, numberSet(some)))).toEqual(all.filter((n) => !taken.has(n)))
      const chunks = [...inChunks(set.runs(), 100, 3)]
      expect(chunks.flatMap(expand)).toEqual(all)
      expect(chunks.every((chunk) => expand(chunk).length <= 100 && chunk.length <= 3)).toBe(true)
    }),
    { numRuns: 40 },
  )
})

test('what waits for the index is found by key, replaced by what follows it, and comes out sorted with what it replaces', () => {
  const table = pendingTable(64)
  table.put(1, 500, 1, 0)
  table.put(1, 500, 2, 0)
  table.put(2, 500, 3, 0)
  table.put(1, 628, 4, 77)
  table.put(1, 500, 5, 1)
  const found: number[] = []
  table.find(1, 500, (n) => found.push(n))
  expect(found.sort()).toEqual([2, 5])
  table.put(1, 628, 6, 4)
  expect([...table.sorted()].map(({ stream, key, n, drop }) => [stream, key, n, drop])).toEqual([
    [1, 500, 5, 0],
    [1, 500, 2, 0],
    [1, 628, 6, 77],
    [2, 500, 3, 0],
  ])
  expect(table.size()).toBe(4)
  table.clear()
  expect([table.size(), [...table.sorted()]]).toEqual([0, []])
})

test('the filter never denies a key that it has, and seldom grants one that it has not', () => {
  const filter = keyFilter()
  for (let i = 0; i < 200_000; i++) filter.add(keyOf(`in ${i}`))
  let denied = 0
  let granted = 0
  for (let i = 0; i < 200_000; i++) {
    if (!filter.mayHave(keyOf(`in ${i}`))) denied++
    if (filter.mayHave(keyOf(`out ${i}`))) granted++
  }
  expect(denied).toBe(0)
  expect(granted).toBeLessThan(2000)
})

test('keys of 300,000 ids that look alike do not meet', () => {
  const keys = new Set<number>()
  for (let i = 0; i < 300_000; i++) keys.add(keyOf(`00000000-0000-0000-0000-${String(i).padStart(12, '0')}`))
  expect(keys.size).toBe(300_000)
})

test('JSON text loses U+0000 and lone surrogates and nothing else', () => {
  const value = fc.jsonValue({ stringUnit: 'grapheme' })
  fc.assert(
    fc.property(value, (json) => {
      const text = JSON.stringify(json)
      expect(JSON.parse(cleanJson(text))).toEqual(
        JSON.parse(cleanText(JSON.stringify(JSON.parse(text)).replaceAll('\\u0000', '\ufffd'))),
      )
    }),
  )
  expect(cleanJson('"\\\\u0000 \\u0000 \\ud83d\\ude00 \\ud83d"')).toBe('"\\\\u0000 \ufffd 😀 \ufffd"')
})
