/**
 * Warnings of many runs, each once, with where it came from: in how many of the seeds, and of which arms or cells. Runs that
 * warn of the same with other figures (8 of 12 Macs, 7 of 12) share a line, which is that of the first.
 */
import type { RunResult } from '../../metrics/result.ts'
import type { LoadedScenario } from '../../scenario/index.ts'

export interface WarnedRun {
  /** The arm; in a grid the cell. */
  readonly place: string
  readonly seed: number
  readonly result: Pick<RunResult, 'warnings' | 'warned'>
}

interface Found {
  readonly text: string
  readonly rank: number
  readonly first: WarnedRun
  readonly places: Set<string>
  readonly seeds: Set<number>
  differs: boolean
}

/** Places named in a line; more are counted. */
const NAMED = 3

/** `noun`: of places, `arm` or `cell`. */
export function gatheredWarnings(runs: readonly WarnedRun[], noun: string): readonly string[] {
  const found = new Map<string, Found>()
  for (const run of runs) {
    for (const { key, text, rank } of warningsOf(run)) {
      const known = found.get(key)
      if (known === undefined) {
        found.set(key, {
          text,
          rank,
          first: run,
          places: new Set([run.place]),
          seeds: new Set([run.seed]),
          differs: false,
        })
        continue
      }
      known.places.add(run.place)
      known.seeds.add(run.seed)
      if (known.text !== text) known.differs = true
    }
  }
  const places = new Set(runs.map(({ place }) => place)).size
  const seeds = new Set(runs.map(({ seed }) => seed)).size
  const inOrder = [...found.values()].sort((a, b) => a.rank - b.rank)
  return inOrder.map((warning) => line(warning, places, seeds, noun))
}

/** What puts all figures in doubt comes first, whichever run it comes from. */
const FIRST: readonly string[] = ['everything_refused', 'model_always_refused', 'macs_without_requests']

/** Results written before warnings had a code have only texts. */
function warningsOf({ result }: WarnedRun): readonly (Pick<Found, 'text' | 'rank'> & { readonly key: string })[] {
  const { warned = [] } = result as Partial<Pick<RunResult, 'warned'>>
  const coded = new Set(warned.map(({ text }) => text))
  return [
    ...warned.map(({ code, about, text }) => ({
      key: JSON.stringify([code, about]),
      text,
      rank: FIRST.indexOf(code) === -1 ? FIRST.length : FIRST.indexOf(code),
    })),
    ...result.warnings.filter((text) => !coded.has(text)).map((text) => ({ key: text, text, rank: FIRST.length })),
  ]
}

function line(warning: Found, places: number, seeds: number, noun: string): string {
  const { text, first, differs } = warning
  const named = [...warning.places]
  const where = [
    ...(seeds > 1 ? [`in ${warning.seeds.size} of ${seeds} seeds`] : []),
    ...(places > 1
      ? [
          named.length <= NAMED
            ? `${noun}${named.length === 1 ? '' : 's'} ${named.join(', ')}`
            : `${named.length} of ${places} ${noun}s`,
        ]
      : []),
  ]
  const whose = [...(places > 1 ? [first.place] : []), ...(seeds > 1 ? [`seed ${first.seed}`] : [])].join(' ')
  const figures = differs ? [`figures of ${whose}`] : []
  return where.length === 0 ? text : `${text} (${[where.join(', '), ...figures].join('; ')})`
}

/** Seeds of a replay start it elsewhere and draw anew, or, where the scenario says its start, draw anew only; none of them brings another day. */
export function seedWarnings({ scenario, traces }: LoadedScenario, seeds: readonly number[]): readonly string[] {
  if (seeds.length < 2) return []
  const places = new Map<string, { readonly trace: string; readonly told: boolean; readonly look: string[] }>()
  for (const [place, stream] of scenario.demand.entries()) {
    const recorded = 'recorded' in stream ? stream.recorded : undefined
    if (recorded !== undefined) {
      const known = places.get(`true ${recorded.trace}`) ?? { trace: recorded.trace, told: true, look: [] }
      known.look.push(`demand[${place}].recorded`)
      places.set(`true ${recorded.trace}`, known)
    }
    if (!('arrivals' in stream) || !('trace' in stream.arrivals)) continue
    const { trace, start = 'rotate' } = stream.arrivals
    const told = start !== 'rotate'
    const known = places.get(`${told} ${trace}`) ?? { trace, told, look: [] }
    known.look.push(`demand[${place}].arrivals.${told ? 'start' : 'trace'}`)
    places.set(`${told} ${trace}`, known)
  }
  return [...places.values()].map(({ trace, told, look }) => {
    const minutes = Math.round((traces.get(trace)?.arrivals.at(-1) ?? 0) / 60_000_000)
    const recording = `${minutes === 0 ? '' : `${minutes} min of `}${trace.slice(trace.lastIndexOf('/') + 1)}`
    const what = told
      ? `every seed replays the recording from the same point (${recording}): seeds vary only draws, and intervals cover this stretch of it; look at ${look.join(', ')}`
      : `seeds only rotate the same recording (${recording}): intervals cover it, not other days; look at ${look.join(', ')}`
    return what
  })
}
