/** Sorted rows put aside where there is no disk. */
import type { Runs } from './request-store.ts'

export function runsInMemory(): Runs {
  const runs: Uint8Array[] = []
  return {
    put: (bytes) => void runs.push(bytes.slice()),
    get: (run, offset, length) => runs[run]!.subarray(offset, offset + length),
  }
}
