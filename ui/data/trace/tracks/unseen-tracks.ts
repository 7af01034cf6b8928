/** Tracks for which a run before a real coordinator has no rows: nothing drawn would look like nothing happened. */
import { isUnseen } from '../../../../sim/metrics/index.ts'
import type { RunResult } from '../../../../sim/metrics/result.ts'
import { REAL } from '../../interference/unseen-delays.ts'
import { TRACKS, type TrackName } from './track-scenes.ts'

/** The figure that is made from the same rows as the track. */
const RESTS_ON: { readonly [name in TrackName]?: string } = {
  tokens: 'providers',
  loads: 'loads',
  pools: 'pools',
  builds: 'providers',
  serving: 'providers',
}

interface TrackedRun {
  readonly policy: string
  /** undefined: only its rows were opened. */
  readonly result: RunResult | undefined
}

/** `drawsNothing`: its rows have nothing for the track, which of a run without a result is all that one can go by. */
export function isTrackUnseen(name: TrackName, { policy, result }: TrackedRun, drawsNothing: boolean): boolean {
  const figure = RESTS_ON[name]
  if (figure === undefined) return false
  return result === undefined ? policy === REAL && (drawsNothing || figure === 'pools') : isUnseen(result, [figure])
}

/** `Of real nobody saw Tokens and Pools.`; undefined: everything was seen. */
export function unseenWords(policy: string, names: readonly TrackName[]): string | undefined {
  const titles = names.map((name) => TRACKS[name].title)
  if (titles.length === 0) return undefined
  const last = titles.at(-1)!
  const list = titles.length === 1 ? last : `${titles.slice(0, -1).join(', ')} and ${last}`
  return `Of ${policy} nobody saw ${list}: they happen inside a coordinator, or on Macs that were not ours.`
}
