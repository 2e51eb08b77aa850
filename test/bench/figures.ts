/** Prints what `work` answers as one JSON line, with the wall and CPU time it took and the peak memory of the process. */
export async function measured(work: () => Promise<object>): Promise<void> {
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const answer = await work()
  const used = process.cpuUsage(cpu)
  const wall_s = (performance.now() - begun) / 1000
  const cpu_s = (used.user + used.system) / 1e6
  process.stdout.write(`${JSON.stringify({ wall_s, cpu_s, peak_mb: process.resourceUsage().maxRSS / 1024, ...answer })}\n`)
}
