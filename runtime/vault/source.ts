import type { DataKey } from './seal.ts'

/** Wraps and unwraps data keys; the key-encryption key itself stays inside. */
export type KeySource = {
  /** Names the key, not the value of it: shown in `doctor` and kept beside what it wrapped. */
  readonly id: string
  readonly wrap: (tenant: string, key: DataKey) => Promise<string>
  /** While a key is being replaced: what is made meanwhile must open with these too. Absent: none. */
  readonly others?: readonly KeySource[]
  /** Null: this source did not wrap it. */
  readonly unwrap: (tenant: string, id: string, wrapped: string) => Promise<DataKey | null>
}
