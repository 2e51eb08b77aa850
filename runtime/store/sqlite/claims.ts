import { meet } from '../intent-state.ts'

export type Claim = {
  readonly n: number
  readonly conn: number
  readonly slot: string | null
  readonly facets: readonly string[]
}

/** What this process works on. In memory: one process owns the folder, and one that died works on nothing. */
export type Claims = {
  readonly has: (n: number) => boolean
  readonly add: (claim: Claim) => void
  /** What was dropped; null: it was not claimed. */
  readonly drop: (n: number) => Claim | null
  readonly numbers: (conn: number) => readonly number[]
  /** Has this object a claimed change that meets these facets? */
  readonly meets: (conn: number, slot: string | null, facets: readonly string[]) => boolean
}

export function openClaims(): Claims {
  const claims = new Map<number, Claim>()
  const bySlot = new Map<string, Set<Claim>>()
  const place = (conn: number, slot: string): string => `${conn} ${slot}`
  return {
    has: (n) => claims.has(n),
    add: (claim) => {
      claims.set(claim.n, claim)
      if (claim.slot === null) return
      const key = place(claim.conn, claim.slot)
      const held = bySlot.get(key)
      if (held === undefined) bySlot.set(key, new Set([claim]))
      else held.add(claim)
    },
    drop: (n) => {
      const claim = claims.get(n)
      if (claim === undefined) return null
      claims.delete(n)
      if (claim.slot === null) return claim
      const key = place(claim.conn, claim.slot)
      const held = bySlot.get(key)!
      held.delete(claim)
      if (held.size === 0) bySlot.delete(key)
      return claim
    },
    numbers: (conn) => [...claims.values()].filter((claim) => claim.conn === conn).map(({ n }) => n),
    meets: (conn, slot, facets) =>
      slot !== null && [...(bySlot.get(place(conn, slot)) ?? [])].some((claim) => meet(claim.facets, facets)),
  }
}
