/**
 * Replacing the key that wraps data keys, while both are in use. First every data key is wrapped by the new one as well; then, when
 * every process has the new one, the old wrappings go. At each moment, also between two rows, either key opens everything it opened
 * before: whoever stops half-way asks again.
 */
import { Failure } from '../errors.ts'
import type { DataKey } from './seal.ts'
import type { KeySource } from './source.ts'

/** One wrapping: a data key has as many as there are sources that open it. */
export type WrappedKey = { readonly id: string; readonly source: string; readonly wrapped: string; readonly made_at: string }

export type DataKeys = {
  readonly tenants: () => readonly string[]
  /** Ascending by `made_at`, then id. */
  readonly of: (tenant: string) => readonly WrappedKey[]
  /** All at once, durable when it returns. In the place of one of the same id and source. */
  readonly keep: (tenant: string, ...keys: readonly WrappedKey[]) => void
  /** `source` null: every wrapping of that key. */
  readonly drop: (tenant: string, id: string, source: string | null) => void
}

export type Rewrapped = { readonly tenant: string; readonly wrapped: number; readonly already: number }

/** Idempotent. Throws `vault/key` where a key opens with neither; what was wrapped by then stays. */
export async function rewrap(keys: DataKeys, to: KeySource, from: readonly KeySource[]): Promise<readonly Rewrapped[]> {
  const done: Rewrapped[] = []
  for (const tenant of keys.tenants()) {
    let [wrapped, already] = [0, 0]
    for (const [id, rows] of byId(keys.of(tenant))) {
      if ((await openedBy(to, tenant, rows)) !== null) {
        already++
        continue
      }
      // The new one first: it may be the same key under another name.
      const key = await openedByAny([to, ...from], tenant, rows)
      if (key === null)
        throw new Failure('vault/key', tenant, `data key ${id} of ${tenant} opens neither with the new key nor with an old one`)
      const text = await to.wrap(tenant, key)
      const again = await to.unwrap(tenant, id, text)
      if (again === null || !again.key.equals(key.key))
        throw new Failure('vault/key', tenant, 'what the new key wrapped does not open with it; nothing was replaced')
      keys.keep(tenant, { id, source: to.id, wrapped: text, made_at: rows[0]?.made_at ?? '' })
      wrapped++
    }
    done.push({ tenant, wrapped, already })
  }
  return done
}

/** Drops what other keys wrapped. Throws `vault/key`, and drops nothing, where anything does not open with `to`. */
export async function retire(keys: DataKeys, to: KeySource): Promise<number> {
  const old: { readonly tenant: string; readonly row: WrappedKey }[] = []
  for (const tenant of keys.tenants()) {
    for (const [id, rows] of byId(keys.of(tenant))) {
      if ((await openedBy(to, tenant, rows)) === null)
        throw new Failure('vault/key', tenant, `data key ${id} of ${tenant} does not open with ${to.id} yet; rotate first`)
      old.push(...rows.filter(({ source }) => source !== to.id).map((row) => ({ tenant, row })))
    }
  }
  for (const { tenant, row } of old) keys.drop(tenant, row.id, row.source)
  return old.length
}

/** Only its own: an old wrapping of another form is no proof that the new key opens. */
async function openedBy(source: KeySource, tenant: string, rows: readonly WrappedKey[]): Promise<DataKey | null> {
  return await openedByAny(
    [source],
    tenant,
    rows.filter((row) => row.source === source.id),
  )
}

export async function openedByAny(
  sources: readonly KeySource[],
  tenant: string,
  rows: readonly WrappedKey[],
): Promise<DataKey | null> {
  for (const source of sources)
    for (const row of rows) {
      const key = await source.unwrap(tenant, row.id, row.wrapped)
      if (key !== null) return key
    }
  return null
}

export function byId(rows: readonly WrappedKey[]): ReadonlyMap<string, readonly WrappedKey[]> {
  return Map.groupBy(rows, ({ id }) => id)
}
