/**
 * A run by what it is: the build, the texts it reads, the policy's code, the settings, the seed. Two runs of one key are one
 * run, whoever asks for it and wherever it is done; so what has been done once is known again, and counts once.
 */
import { deserialize, serialize } from 'node:v8'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { JobOutcome, RunJob } from '../../lab/runs/ports.ts'
import { type NamedContent, sha256Of } from './snapshot-files.ts'

export function jobKey(build: string, job: RunJob, files: readonly NamedContent[]): string {
  const { scenario, settings, policy, policyName, seed, verify, rows, wantsSamples, explain } = job
  const parts = [
    build,
    files,
    scenario,
    settings,
    policy.kind === 'code' ? [policy.file, policy.code] : policy.name,
    policyName,
    seed,
    verify,
    rows,
    wantsSamples,
    explain ?? null,
  ]
  return sha256Of(JSON.stringify(parts))
}

/** As between threads: what comes out is what went in, typed arrays, absent fields and all. */
export const packed = (data: unknown): Buffer => gzipSync(serialize(data), { level: 3 })

export const unpackedOutcome = (bytes: Uint8Array): JobOutcome => deserialize(gunzipSync(bytes)) as JobOutcome
