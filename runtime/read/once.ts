/** Asks once a key; later callers get the same promise. */
export function openOnce<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>()
  return (key) => {
    const known = asked.get(key)
    if (known !== undefined) return known
    const promise = ask(key)
    asked.set(key, promise)
    return promise
  }
}
