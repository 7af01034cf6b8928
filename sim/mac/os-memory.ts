/**
 * What the OS and the owner's programs hold on one Mac: set in the scenario, or drawn once for the whole run. The shape
 * is assumed; mac-provider.md §4 gives 2–5 GB for the OS and up to 40 % of memory for the compressor, heavy-tailed. With
 * the defaults a 24 GiB Mac almost never loads gpt-oss-20b, as the real fleet found (0 of 312 requests in 6 h).
 */
import { sampler } from '../kernel/distributions.ts'
import { macStream, type MacOptions } from './machine.ts'

export function drawOsBytes(options: MacOptions): number {
  if (options.osBytes !== undefined) return Math.min(options.osBytes, options.memoryBytes)
  const { base_min, base_max, apps_mean, apps_max } = options.settings.os_memory
  const random = macStream(options, 'os')
  const base = sampler({ kind: 'uniform', min: base_min, max: base_max })(random)
  const appsShare = Math.min(apps_max, sampler({ kind: 'exponential', mean: apps_mean })(random))
  return Math.min(options.memoryBytes, Math.round(base + appsShare * options.memoryBytes))
}
