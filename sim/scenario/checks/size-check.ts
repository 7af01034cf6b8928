/** Whether a run would end: Macs, requests and periodic work are counted before anybody makes a list of them. */
import { expectedRequests, rateMoves } from '../../demand/expected-requests.ts'
import type { Parsed } from '../format/parsed.ts'
import type { Complain } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'

/** Fifty times the largest fleet known of. A Mac takes some 36 KB: these fit into the memory that Node takes by itself. */
const FLEET_MAX = 50_000

/** Macs are counted before anybody makes a list of them. */
export function fleetOutgrows(fleet: NonNullable<Parsed['fleet']>, complain: Complain): boolean {
  const total = fleet.reduce((sum, entry) => sum + (entry.count ?? 1), 0)
  if (total <= FLEET_MAX) return false
  const largest = fleet.reduce((most, entry, i) => ((entry.count ?? 1) > (fleet[most]!.count ?? 1) ? i : most), 0)
  complain(['fleet', largest, 'count'], `makes ${total} Macs in all; a fleet has at most ${FLEET_MAX}`)
  return true
}

/** A day of the busiest service known of; more would fill the memory before the first result. */
export const REQUESTS_MAX = 20_000_000

export function checkLoad({ demand, duration }: Parsed, complain: Complain): void {
  if (duration === undefined) return
  let all = 0
  for (const [i, stream] of (demand ?? []).entries()) {
    if ('requests' in stream || 'trace' in stream.arrivals) continue
    // What comes before `from` is drawn all the same.
    const drawn = Math.min(duration, stream.until ?? duration)
    const { path, count } = expectedRequests(stream.arrivals, drawn)
    const moves = rateMoves(stream.arrivals, drawn)
    if (moves !== undefined && moves.count > REQUESTS_MAX) {
      const text = `changes the rate ${Math.round(moves.count)} times; a run has at most ${REQUESTS_MAX} changes`
      complain(['demand', i, 'arrivals', ...moves.path], text)
      continue
    }
    const expected = Math.round(count)
    const before = all
    all += expected
    if (all <= REQUESTS_MAX || before > REQUESTS_MAX) continue
    complain(['demand', i, 'arrivals', ...path], `makes ${all} requests in all; a run has at most ${REQUESTS_MAX}`)
  }
}

/** At a million events per second of real time, half an hour of nothing but heartbeats and the like. */
const PERIODIC_MAX = 2_000_000_000

/** What Macs and coordinator do again and again without being asked: a slip in one period outweighs all requests. */
export function checkPeriodicWork({ fleet = [], mac, coordinator, duration }: Parsed, complain: Complain): void {
  if (mac === undefined || coordinator === undefined || duration === undefined) return
  const macs = fleet.reduce((sum, entry) => sum + (entry.count ?? 1), 0)
  const { CHALLENGE_INTERVAL, EVICTION_SWEEP, WARM_POOL_INTERVAL, METRICS_INTERVAL } = coordinator
  const works: readonly (readonly [path: Path, period: number])[] = [
    [['mac', 'heartbeat_interval'], mac.heartbeat_interval],
    [['mac', 'idle_sweep'], mac.idle_sweep],
    ...(mac.os_memory.drift_every > 0
      ? [[['mac', 'os_memory', 'drift_every'], mac.os_memory.drift_every] as const]
      : []),
    [['coordinator', 'CHALLENGE_INTERVAL'], CHALLENGE_INTERVAL],
    [['coordinator', 'EVICTION_SWEEP'], EVICTION_SWEEP],
    [['coordinator', 'WARM_POOL_INTERVAL'], WARM_POOL_INTERVAL],
    [['coordinator', 'METRICS_INTERVAL'], METRICS_INTERVAL],
  ]
  const all = works.reduce((sum, [, period]) => sum + (macs * duration) / period, 0)
  if (all <= PERIODIC_MAX) return
  const [path, period] = works.reduce((most, work) => (work[1] < most[1] ? work : most))
  complain(
    all - (macs * duration) / period > PERIODIC_MAX ? ['duration'] : path,
    `makes ${Math.round(all)} heartbeats, sweeps and the like of ${macs} Macs; a run has at most ${PERIODIC_MAX}`,
  )
}
