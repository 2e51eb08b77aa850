import type { FeedKind } from '../kind.ts'
import { delta } from './delta.ts'
import { events } from './events.ts'

/** How a target tells what was touched since a position. */
export const feed: { readonly [kind: string]: FeedKind } = { events, delta } as unknown as { readonly [kind: string]: FeedKind }
