/** Names for a population: plain ones, and some that break what is carelessly written. */
import { oneOf, type Random, upTo } from '../random.ts'

const GIVEN = [
  'Ada',
  'Björn',
  'Chloé',
  'Dmitri',
  'Eun-ji',
  'Fatima',
  'Giuseppe',
  'Hana',
  'Íris',
  'Jürgen',
  'Kwame',
  'Łucja',
  'María',
  '太郎',
  "N'Golo",
  'Zoë',
]
const FAMILY = [
  'Adams',
  'Brønsted',
  'Castillo',
  'Đorđević',
  'Eriksson',
  'Fernández',
  "O'Brien",
  'Großmann',
  'Haddad',
  'İnönü',
  'Jones',
  'Kowalska',
  '山田',
  'Nguyễn',
  'von der Leyen',
  'Smith & Co',
]

export type Person = { readonly given: string; readonly family: string; readonly login: string }

/** Logins are ASCII and differ by `n`. */
export function person(random: Random, n: number): Person {
  const given = oneOf(random, GIVEN)
  const family = oneOf(random, FAMILY)
  const plain = (name: string) =>
    name
      .normalize('NFD')
      .replaceAll(/[^a-zA-Z]/g, '')
      .toLowerCase() || 'x'
  return { given, family, login: `${plain(given)}.${plain(family)}.${n}` }
}

export const digits = (random: Random, length: number): string =>
  Array.from({ length }, (_, at) => (at === 0 ? 1 + upTo(random, 9) : upTo(random, 10))).join('')

export const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => upTo(random, 16).toString(16)).join('')

export const uuid = (random: Random): string =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`
