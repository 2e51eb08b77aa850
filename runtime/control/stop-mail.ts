/**
 * One process owns the store, and a stop must reach it while it works: it is left in the store's folder and taken up before the next
 * request leaves, or by whoever opens the store next.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WriteStore } from '../store/write-port.ts'

export type StopOrder = {
  readonly do: 'stop' | 'go'
  readonly scope: string
  readonly by: string
  readonly why: string
  readonly at: string
}

const folder = (dir: string): string => join(dir, 'stops')

/** Returns the file; it is gone when it was taken up. */
export function post(dir: string, name: string, order: StopOrder): string {
  mkdirSync(folder(dir), { recursive: true, mode: 0o700 })
  const file = join(folder(dir), `${name}.json`)
  // Whole or not at all: the other process reads at any time.
  writeFileSync(`${file}.part`, JSON.stringify(order), { mode: 0o600, flush: true })
  renameSync(`${file}.part`, file)
  return file
}

export async function takeUp(dir: string, store: WriteStore): Promise<void> {
  for (const name of waiting(dir)) {
    const file = join(folder(dir), name)
    const order = orderFrom(readFileSync(file, 'utf8'))
    if (order.do === 'stop') await store.stop(order, 'cli')
    else await store.go(order.scope, order.by, order.at, order.why, 'cli')
    rmSync(file, { force: true })
  }
}

/** Orders that nobody has taken up yet, oldest first. Read before the store is opened: what is taken up meanwhile is in the store then. */
export function ordersWaiting(dir: string): readonly StopOrder[] {
  return waiting(dir).flatMap((name) => {
    const text = textOf(join(folder(dir), name))
    return text === null ? [] : [orderFrom(text)]
  })
}

/** The store as a reader sees it: the orders are in force already, and stay where they are. */
export function withStopsShown<S extends WriteStore>(orders: readonly StopOrder[], store: S): S {
  return {
    ...store,
    killSwitches: async () => {
      const stops = new Map((await store.killSwitches()).map((stop) => [stop.scope, stop]))
      for (const { do: what, scope, by, why, at } of orders) {
        if (what === 'go') stops.delete(scope)
        else if (!stops.has(scope)) stops.set(scope, { scope, by, why, at })
      }
      return [...stops.values()]
    },
  }
}

/** Null: taken up meanwhile. */
function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function waiting(dir: string): readonly string[] {
  try {
    return readdirSync(folder(dir))
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What cannot be read stops everything: somebody wanted something stopped. */
function orderFrom(text: string): StopOrder {
  const unreadable: StopOrder = {
    do: 'stop',
    scope: '*',
    by: 'unknown',
    why: 'a stop that cannot be read',
    at: '1970-01-01T00:00:00.000Z',
  }
  try {
    const value = JSON.parse(text) as Partial<StopOrder>
    const texts = [value.scope, value.by, value.why, value.at]
    return (value.do === 'stop' || value.do === 'go') && texts.every((one) => typeof one === 'string')
      ? (value as StopOrder)
      : unreadable
  } catch {
    return unreadable
  }
}

/** The store, with orders taken up before each look at the switches. */
export function withStops<S extends WriteStore>(dir: string, store: S): S {
  return {
    ...store,
    killSwitches: async () => {
      await takeUp(dir, store)
      return await store.killSwitches()
    },
  }
}
