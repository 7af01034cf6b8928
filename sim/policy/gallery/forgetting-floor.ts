/**
 * The decode floor with a memory that fades. The coordinator's own prefers Macs that decode fast enough, by the rate it saw last;
 * a Mac that once was slow gets no request, so nobody sees that it is fast again. Here what was seen long ago does not count.
 */
import { definePolicy, real } from '../../plug/index.ts'

export const forgettingFloor = definePolicy({
  name: 'forgetting-floor',
  about: 'decode floor that forgets rates of Macs which have not worked for a while',
  parameters: {
    floor_tps: real(15, 'decode rate wanted', { min: 0, unit: 'tok/s' }),
    forget_s: real(60, 'after so long without work what was seen does not count', { min: 0, unit: 's' }),
  },
  counters: ['second_chances'],
  pick(_request, candidates, _draw, view) {
    const { floor_tps, forget_s } = view.parameters
    const rested = (workedAt: number): boolean => view.now - workedAt >= forget_s * 1e6
    const good = candidates.filter((machine) => machine.projectedTps >= floor_tps || rested(machine.workedAt))
    const among = good.length > 0 ? good : candidates
    const best = among.reduce((a, b) => (b.score < a.score ? b : a))
    // The coordinator's choice, unless the floor or the memory says otherwise: it draws among equals.
    const own = among.find((machine) => machine.choice && machine.score - best.score < 3_000)
    const picked = own ?? best
    if (picked.projectedTps < floor_tps && good.length > 0) view.count('second_chances')
    return picked
  },
})
