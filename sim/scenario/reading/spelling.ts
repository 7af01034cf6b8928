/**
 * The coordinator's settings as people paste them (the real prefix, a former name, the values of an environment file), turned
 * into the one form that the schema knows. Done per file and per `--set`, before anything is merged: whatever the spelling,
 * the later word on a setting then replaces the earlier one, and only two words in one place are a contradiction.
 */
import { readSettings, settingName } from '../../coordinator/config.ts'
import type { Complaint } from './complaint.ts'
import type { Path } from './path.ts'
import { isPlainMap, type RawMap } from './source.ts'

export interface OneSpelling {
  readonly raw: RawMap
  readonly complaints: readonly Complaint[]
}

export function inOneSpelling(raw: RawMap): OneSpelling {
  const complaints: Complaint[] = []
  const read = (at: Path, written: unknown): unknown => {
    const { settings, complaints: found } = readSettings(written)
    complaints.push(...found.map(({ key, message }) => ({ path: [...at, key], message, atKey: true })))
    return settings
  }
  const changeIn = (entry: unknown, i: number): unknown =>
    isPlainMap(entry) && 'set' in entry ? { ...entry, set: read(['timeline', i, 'set'], entry['set']) } : entry
  const { coordinator, timeline } = raw
  const changed = {
    ...raw,
    ...('coordinator' in raw && { coordinator: read(['coordinator'], coordinator) }),
    ...(Array.isArray(timeline) && { timeline: timeline.map(changeIn) }),
  }
  return { raw: changed, complaints }
}

/** How many steps lead to the name of a coordinator's setting; undefined when the path leads elsewhere. */
function stepsToName(path: Path): number | undefined {
  if (path[0] === 'coordinator') return 1
  return path[0] === 'timeline' && path[2] === 'set' ? 3 : undefined
}

/** The path under the name that the setting is kept under. */
export function pathInOneSpelling(path: Path): Path {
  const at = stepsToName(path)
  const name = at === undefined ? undefined : path[at]
  return typeof name === 'string' ? path.with(at!, settingName(name)) : path
}

/** Only settings of the coordinator are written in capitals, so a bare key of that kind can mean nothing else. */
export const isSettingLike = (key: string): boolean =>
  key === 'decision' || key === 'preset' || /^[A-Z][A-Z0-9_]+$/.test(key)
