/** Whether the start of a scenario is about Macs and builds that there are. */
import type { FleetEntry } from '../../mac/config.ts'
import type { Complain } from '../reading/complaint.ts'
import { serialsOf } from './fleet-check.ts'
import type { Path } from '../reading/path.ts'
import type { StartEntry } from '../format/start.ts'
import { suggestion } from '../reading/suggestion.ts'

export function checkStart(
  start: readonly StartEntry[],
  fleet: readonly FleetEntry[],
  builds: readonly string[],
  complain: Complain,
): void {
  const serials = serialsOf(fleet)
  const chips = [...new Set(fleet.map(({ machine }) => machine.chip))]
  const macs = fleet.flatMap((entry) => Array.from({ length: entry.count ?? 1 }, () => entry.machine))
  for (const [i, { of, groups }] of start.entries()) {
    const known = (given: readonly string[] | undefined, names: readonly string[], what: string, at: Path): void => {
      for (const [j, each] of (given ?? []).entries()) {
        if (!names.includes(each))
          complain(['start', i, ...at, j], `\`${each}\` is ${what}; ${suggestion(each, names, 'known names')}`)
      }
    }
    known(of.machines, serials, 'no Mac of the fleet', ['of', 'machines'])
    known(of.chips, chips, 'no chip of the fleet', ['of', 'chips'])
    for (const key of ['advertises', 'has'] as const) known(of[key], builds, 'not among `models`', ['of', key])
    for (const [j, group] of groups.entries()) {
      for (const key of ['advertises', 'disk', 'resident', 'page_cache'] as const)
        known(group[key], builds, 'not among `models`', ['groups', j, key])
    }
    const hardware = macs.filter(
      ({ memory, chip }, place) =>
        memory >= (of.memory_at_least ?? 0) &&
        memory < (of.memory_below ?? Infinity) &&
        (of.chips ?? [chip]).includes(chip) &&
        (of.machines === undefined || of.machines.includes(serials[place]!)),
    ).length
    const wanted = groups.reduce((sum, { count = 0, share = 0 }) => sum + count + share * hardware, 0)
    if (hardware === 0) complain(['start', i, 'of'], 'is of no Mac of the fleet')
    else if (Math.round(wanted) > hardware)
      complain(['start', i, 'groups'], `are of ${Math.round(wanted)} Macs, and there are ${hardware}`)
  }
}
