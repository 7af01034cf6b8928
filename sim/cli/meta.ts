/** What may differ between identical runs, and nothing else: when, where and how long. Results carry it under `meta`. */
import { arch, cpus, hostname, platform } from 'node:os'
import { packageVersion } from './files/package-root.ts'

export interface RunMeta {
  readonly [key: string]: string | number
}

/** `startedAt` is a reading of performance.now(). */
export function metaSince(startedAt: number): RunMeta {
  return {
    version: packageVersion(),
    node: process.version,
    host: hostname(),
    platform: `${platform()}-${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    finished_at: new Date().toISOString(),
    wall_s: Math.round(performance.now() - startedAt) / 1000,
  }
}
