/** A run as it lies in the queue: all it needs by content, nothing by a place on somebody's disk. */
import type { PolicySource, RunJob } from '../../lab/runs/ports.ts'
import { sha256Of, type NamedContent } from '../files/snapshot-files.ts'

export interface Parcel {
  readonly job: Omit<RunJob, 'policy'>
  /** A built-in by name; code of the user's by its content. */
  readonly policy: { readonly builtin: string } | { readonly code: string }
  readonly files: readonly NamedContent[]
}

/** What comes back through the queue itself; the outcome has a place of its own. */
export type ParcelAnswer =
  | 'done'
  /** A file or a policy is on the server no longer. */
  | 'missing'
  /** Whoever asked for the run is gone. */
  | 'unwanted'

export interface Blob {
  readonly sha256: string
  readonly text: string
}

export function policyBlob(policy: PolicySource): Blob | undefined {
  if (policy.kind === 'builtin') return undefined
  const text = JSON.stringify(policy)
  return { sha256: sha256Of(text), text }
}

export function parcelOf({ policy, ...job }: RunJob, files: readonly NamedContent[], code: Blob | undefined): Parcel {
  if (policy.kind === 'builtin') return { job, policy: { builtin: policy.name }, files }
  return { job, policy: { code: code!.sha256 }, files }
}
