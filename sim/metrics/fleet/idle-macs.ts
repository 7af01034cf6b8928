/**
 * Macs that never got a request, and why: for how long each reason stood, from the rows of the gauges, added up by Mac over the
 * builds that were asked for. Of the time after arrivals ended nothing is counted: nobody asks any more.
 */
import { must } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import type { RowOf } from '../../trace/schema.ts'
import { groundOf } from '../requests/grounds.ts'
import type { RunWarning } from '../result.ts'
import type { MetricsSettings } from '../settings.ts'

/** Macs named in a sentence; the others are counted. */
const NAMED = 3
/** Fewer requests than this for each Mac say nothing about one that draws or prices left out. */
const REQUESTS_PER_MAC = 2

interface Pair {
  readonly mac: Mac
  readonly build: BuildId
  reason: string
  since: number
}

type Times = Map<string, number>

interface Mac {
  serial: string
  got: boolean
  /** Time by reason and build. */
  readonly times: Map<BuildId, Times>
}

interface Main {
  readonly reason: string
  /** Of the time, the smallest over the builds. */
  readonly share: number
  readonly builds: readonly BuildId[]
}

const add = (times: Times, reason: string, time: number): void =>
  void times.set(reason, (times.get(reason) ?? 0) + time)

/** The reason that stood longest, of which the first in order of the alphabet; undefined: none stood at all. */
function longest(times: Times): { readonly reason: string; readonly share: number } | undefined {
  let all = 0
  let most: [string, number] | undefined
  for (const entry of [...times].sort(([a], [b]) => (a < b ? -1 : 1))) {
    all += entry[1]
    if (most === undefined || entry[1] > most[1]) most = entry
  }
  return most === undefined || all === 0 ? undefined : { reason: most[0], share: most[1] / all }
}

/** Macs for which the same reasons stand. */
interface Group {
  readonly about: string
  readonly serials: readonly string[]
  /** Shares are summed over the Macs. */
  readonly mains: readonly Main[]
}

const sumOf = (sums: readonly Main[], mains: readonly Main[]): readonly Main[] =>
  sums.map((sum, i) => ({ ...sum, share: sum.share + mains[i]!.share }))

export class IdleMacs {
  private readonly macs = new Map<number, Mac>()
  private readonly macOf = new Map<number, Mac>()
  /** By provider and build, while they are connected and have had nothing. */
  private readonly pairs = new Map<number, Map<BuildId, Pair>>()
  private readonly dispatches = new Map<BuildId, number>()
  private arrivals = 0
  /** The gauges have looked; before that a Mac without a reason is only one nobody looked at. */
  private looked = false
  /** Some request's name stood for no build, so that nobody can say whom it was for. */
  private unresolved = false

  constructor(private readonly settings: Pick<MetricsSettings, 'duration' | 'machines' | 'serials' | 'preset'>) {}

  arrived(): void {
    this.arrivals += 1
  }

  registered(row: RowOf<'registered'>): void {
    const mac = this.macs.get(row.machine) ?? { serial: row.serial, got: false, times: new Map() }
    this.macs.set(row.machine, mac)
    this.macOf.set(row.provider, mac)
  }

  disconnected(row: RowOf<'disconnected'>): void {
    for (const pair of this.pairs.get(row.provider)?.values() ?? []) this.close(pair, row.at)
    this.pairs.delete(row.provider)
  }

  dispatched(row: RowOf<'dispatched'>): void {
    this.dispatches.set(row.build, (this.dispatches.get(row.build) ?? 0) + 1)
    this.mac(row.provider).got = true
    const pairs = this.pairs.get(row.provider)
    const pair = pairs?.get(row.build)
    if (pairs === undefined || pair === undefined) return
    this.close(pair, row.at)
    pairs.delete(row.build)
  }

  preflight(row: RowOf<'preflight'>): void {
    this.unresolved ||= row.build === ''
  }

  audit(): void {
    this.looked ||= this.arrivals > 0
  }

  passedOver(row: RowOf<'passed_over'>): void {
    const { provider, build, reason, at } = row
    let pairs = this.pairs.get(provider)
    if (pairs === undefined) {
      pairs = new Map()
      this.pairs.set(provider, pairs)
    }
    const pair = pairs.get(build)
    if (pair === undefined) {
      pairs.set(build, {
        mac: this.mac(provider),
        build,
        reason,
        since: at,
      })
      return
    }
    this.close(pair, at)
    pair.reason = reason
  }

  /** Why Macs that offer these builds pass requests on: what stood longest, over all that had none of the build; undefined: nothing did. */
  mainReason(builds: readonly BuildId[], at: number): string | undefined {
    this.closeAll(at)
    const times: Times = new Map()
    for (const mac of this.macs.values()) {
      for (const build of builds) for (const [reason, time] of mac.times.get(build) ?? []) add(times, reason, time)
    }
    return longest(times)?.reason
  }

  warnings(at: number): readonly RunWarning[] {
    this.closeAll(at)
    if (this.arrivals === 0) return []
    const groups = new Map<string, Group>()
    for (let machine = 0; machine < this.settings.machines; machine += 1) {
      const mac = this.macs.get(machine)
      if (mac?.got === true) continue
      const serial = mac?.serial ?? this.settings.serials?.[machine] ?? `number ${machine + 1}`
      const mains = mac === undefined ? [{ reason: 'never_online', share: 1, builds: [] }] : this.mainsOf(mac)
      if (mains.length === 0) continue
      const about = mains.map(({ reason, builds }) => [reason, ...builds].join(' ')).join(', ')
      const group = groups.get(about)
      if (group === undefined) groups.set(about, { about, serials: [serial], mains })
      else groups.set(about, { about, serials: [...group.serials, serial], mains: sumOf(group.mains, mains) })
    }
    return [...groups.values()].map((group) => this.warning(group))
  }

  /** One entry per reason, with the builds for which it stood longest; none if it is not the Mac that explains it. */
  private mainsOf({ times }: Mac): readonly Main[] {
    if (times.size === 0) return this.looked && !this.unresolved ? [{ reason: 'not_asked', share: 1, builds: [] }] : []
    const mains = new Map<string, Main>()
    for (const [build, ofBuild] of [...times].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const main = longest(ofBuild)
      if (main === undefined) continue
      const { reason, share } = main
      const isCandidate = reason === 'equal' || reason === 'dearer'
      if (isCandidate && (this.dispatches.get(build) ?? 0) < REQUESTS_PER_MAC * this.settings.machines) return []
      const known = mains.get(reason)
      mains.set(reason, {
        reason,
        share: Math.min(share, known?.share ?? 1),
        builds: [...(known?.builds ?? []), build],
      })
    }
    return [...mains.values()]
  }

  private warning({ about, serials, mains }: Group): RunWarning {
    const { machines, preset } = this.settings
    const rest = serials.length - NAMED
    const names = serials.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
    const grounds = mains.map(({ reason, share, builds }) => {
      const { why, look } = groundOf(reason, preset)
      const of = builds.length === 0 ? '' : `for ${builds.join(' and ')} `
      const mean = Math.round((share / serials.length) * 100)
      return { sentence: `${of}${why}${mean === 100 ? '' : ` (${mean} % of the time)`}`, look }
    })
    const look = [...new Set(grounds.map((ground) => ground.look))].join('; ')
    const whys = grounds.map(({ sentence }) => sentence).join('; ')
    const text = `${serials.length} of ${machines} ${machines === 1 ? 'Mac' : 'Macs'} never got a request (${names}): ${whys}; look at ${look}`
    return { code: 'macs_without_requests', about, text, look }
  }

  private mac(provider: number): Mac {
    return must(this.macOf.get(provider), 'a provider registers')
  }

  private closeAll(at: number): void {
    for (const pairs of this.pairs.values()) for (const pair of pairs.values()) this.close(pair, at)
  }

  private close(pair: Pair, at: number): void {
    const until = Math.min(at, this.settings.duration)
    const { times } = pair.mac
    let ofBuild = times.get(pair.build)
    if (ofBuild === undefined) {
      ofBuild = new Map()
      times.set(pair.build, ofBuild)
    }
    if (until > pair.since) add(ofBuild, pair.reason, until - pair.since)
    pair.since = Math.max(pair.since, at)
  }
}
