/** Whom the warm pool would load on, against a stable sort of all that are cold. */
import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { BuildStandings } from '../../../sim/coordinator/plan/build-standings.ts'
import type { ProviderRecord } from '../../../sim/coordinator/view/provider-record.ts'
import { A, World } from '../decide/world.ts'

// Few scores, so that many are equal.
const machines = fc.array(fc.record({ isCold: fc.boolean(), score: fc.nat(4) }), { maxLength: 30 })

test.prop([machines, fc.integer({ min: 1, max: 40 })])(
  'the best cold machines are those that a sort puts first, among equals the one registered first',
  (given, most) => {
    const world = new World()
    const records = given.map(() => world.add())
    const scoreOf = (record: ProviderRecord): number => given[records.indexOf(record)]!.score
    const standings = new BuildStandings(({ provider }) => (given[records.indexOf(provider)]!.isCold ? 'cold' : 'warm'))
    standings.enterAll(world.fleet.registry.offers(A), world.fleet.settings, 0 as Micros)
    const sorted = records
      .filter((_, place) => given[place]!.isCold)
      .toSorted((a, b) => scoreOf(b) - scoreOf(a))
      .slice(0, most)
    expect(standings.bestCold(most, scoreOf).map(({ id }) => id)).toEqual(sorted.map(({ id }) => id))
  },
)
