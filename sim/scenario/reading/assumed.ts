/**
 * What a scenario says without knowing it: `assumed:` names inputs that nobody published, each with the reason for the
 * value it has. A result carries the list, so that whoever reads a figure sees on what it rests.
 */
import { z } from 'zod'
import type { AssumedInput } from '../../base/assumed.ts'
import type { Complaint } from './complaint.ts'
import { formatPath, parsePath, valueAt } from './path.ts'
import { isPlainMap, type RawMap } from './source.ts'
import { pathInOneSpelling } from './spelling.ts'

export const assumedSchema = z
  .array(
    z.strictObject({
      path: z
        .string()
        .refine((text) => parsePath(text) !== undefined, {
          error: 'must be a path into the scenario, such as demand[0].max_tokens',
        })
        .describe('Of the input, as messages name it: `demand[0].max_tokens`, `coordinator.QUEUE_MAX_DEPTH`.'),
      why: z.string().min(1).describe('Why this value, and what is known instead.'),
    }),
  )
  .describe('Inputs that nobody published. Every result lists them with their values.')

export type AssumedEntry = z.output<typeof assumedSchema>[number]

/** What the scenario marks and does not say: a mark on nothing would look like a caveat and be none. */
export function assumedComplaints(entries: readonly AssumedEntry[], raw: RawMap): readonly Complaint[] {
  const complaints: Complaint[] = []
  const seen = new Set<string>()
  for (const [i, { path: text }] of entries.entries()) {
    const path = pathInOneSpelling(parsePath(text) ?? [])
    const at = ['assumed', i, 'path']
    if (valueAt(raw, path) === undefined) {
      complaints.push({
        path: at,
        message: `\`${text}\` is not said in this scenario; only what it says can be marked`,
      })
    }
    if (seen.has(formatPath(path))) complaints.push({ path: at, message: `marks \`${text}\` a second time` })
    seen.add(formatPath(path))
  }
  return complaints
}

/**
 * With the values that hold in this run; a setting may have replaced what an entry names, which then marks nothing.
 * `files`: paths as this computer has them, which are no part of a result.
 */
export function assumedInputs(
  entries: readonly AssumedEntry[],
  raw: RawMap,
  files: readonly string[],
): readonly AssumedInput[] {
  const here = new Set(files)
  return entries.flatMap(({ path, why }) => {
    const value = valueAt(raw, pathInOneSpelling(parsePath(path) ?? []))
    return value === undefined ? [] : [{ path, value: withoutFolders(value, here), why }]
  })
}

function withoutFolders(value: unknown, files: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return files.has(value) ? value.slice(value.lastIndexOf('/') + 1) : value
  if (Array.isArray(value)) return value.map((item: unknown) => withoutFolders(item, files))
  if (!isPlainMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFolders(item, files)]))
}
