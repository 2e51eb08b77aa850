/** An event of a history as a line for people who replay a run. */
export function storyLine(
  event: Parameters<typeof JSON.stringify>[0] & { readonly kind: string; readonly at: string },
  t0: number,
): string {
  const at = `${((Date.parse(event.at) - t0) / 1000).toFixed(1).padStart(8)} s ${event.kind}`
  const { look, outcome } = event as {
    readonly look?: { readonly [key: string]: unknown }
    readonly outcome?: {
      readonly is: string
      readonly because: string
      readonly facets: readonly { readonly facet: string; readonly is: string }[]
    }
  }
  if (look !== undefined)
    return `${at} ${look['phase']} ${look['facet']}#${look['verify']} ${look['where']} ${look['shows']} (${look['control']}): ${look['because']}`
  if (outcome !== undefined)
    return `${at} ${outcome.is}: ${outcome.because} [${outcome.facets.map((one) => `${one.facet} ${one.is}`).join(', ')}]`
  return `${at} ${JSON.stringify({ ...event, at: undefined, kind: undefined, record: undefined })}`
}
