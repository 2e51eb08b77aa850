/** Which description a request belongs to: the vendor's hosts and paths, and what a description is known to leave out. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../../runtime/types.ts'
import { capture } from '../twin/match.ts'
import { scopeOf, text } from '../twin/template.ts'
import type { OfficialSpec } from '../twin/types.ts'
import { type AskedOf, type Description, openDescription } from './description.ts'

/** `checked`: it is described, and against it is what stands here. `elsewhere`: no description has it, and the twin file says where it is told. */
export type Verdict = { readonly is: 'checked' | 'elsewhere'; readonly against: readonly string[] }
export type Official = {
  readonly files: readonly string[]
  /** Named by the twin file and not in the folder. */
  readonly missing: readonly string[]
  /** `url`: with the vendor's own host. */
  readonly hold: (asked: Omit<AskedOf, 'path'> & { readonly url: string }) => Verdict
}

type Part = { readonly spec: OfficialSpec; readonly at: string; readonly open: () => Description }

/** Null: the twin file names none, or none of them is there. Descriptions are read when they are first needed. */
export function openOfficial(
  specs: readonly OfficialSpec[] | undefined,
  settings: { readonly [name: string]: Json },
  folder: string | null,
): Official | null {
  if (specs === undefined || folder === null) return null
  const scope = scopeOf({ ...settings, settings: settings as Json })
  const there = specs.filter(({ file }) => existsSync(join(folder, file)))
  if (there.length === 0) return null
  const parts = there.map((spec): Part => {
    let description: Description | null = null
    const read = () => openDescription(JSON.parse(readFileSync(join(folder, spec.file), 'utf8')) as Json, spec)
    return { spec, at: String(text(spec.at, scope) ?? ''), open: () => (description ??= read()) }
  })
  return {
    files: there.map(({ file }) => file),
    missing: specs.filter((one) => !there.includes(one)).map(({ file }) => file),
    hold({ url, ...asked }) {
      const mine = parts.filter(({ at }) => url === at || url.startsWith(`${at}/`))
      // A host that no description is about: where tokens are given, mostly.
      if (mine.length === 0) return { is: 'elsewhere', against: [] }
      for (const { at, open } of mine) {
        const held = open().hold({ ...asked, path: url.slice(at.length) })
        if (held.is === 'known') return { is: 'checked', against: held.against }
      }
      const told = mine.some(({ spec, at }) =>
        Object.keys(spec.elsewhere ?? {}).some(
          (request) =>
            request.startsWith(`${asked.method} `) && fits(request.slice(asked.method.length + 1), url.slice(at.length)),
        ),
      )
      return told ? { is: 'elsewhere', against: [] } : { is: 'checked', against: ['the description has no such path and method'] }
    },
  }
}

function fits(pattern: string, path: string): boolean {
  const [wanted, parts] = [pattern.split('/'), path.split('/')]
  return wanted.length === parts.length && wanted.every((segment, place) => capture(segment, parts[place] as string) !== null)
}
