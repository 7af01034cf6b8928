/** A ledger names Macs in its own way: the name is tied to a connection of ours by what was sent to both. */
import type { ProviderId, RequestId } from '../../base/ids.ts'
import type { Sighting } from '../witness.ts'
import type { LedgerTie } from './ties.ts'

/** Which connection a name stands for: the one that most requests with as many rows as dispatches say. */
export function connectionsByName(
  ties: readonly LedgerTie[],
  sightings: ReadonlyMap<RequestId, readonly Sighting[]>,
): ReadonlyMap<string, ProviderId> {
  const votes = new Map<string, Map<ProviderId, number>>()
  for (const { request, entry, by } of ties) {
    if (by !== 'macs') continue
    const seen = (sightings.get(request) ?? []).filter(({ name }) => name === entry.name)
    const named = entry.routes.flatMap((row) => row.text('provider_id') ?? [])
    if (seen.length !== named.length) continue
    for (const [place, name] of named.entries()) {
      const of = votes.get(name) ?? new Map<ProviderId, number>()
      const { provider } = seen[place]!
      of.set(provider, (of.get(provider) ?? 0) + 1)
      votes.set(name, of)
    }
  }
  return new Map(
    [...votes].map(([name, of]) => [name, [...of].reduce((most, each) => (each[1] > most[1] ? each : most))[0]]),
  )
}
