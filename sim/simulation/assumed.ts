/**
 * What a run rests on beyond what its scenario marks: figures of chips that nobody gave, and parts of the Mac model that
 * nobody has measured. A part is named only when the run came to a place where it decides (`mac/relied.ts`), a figure only
 * when a Mac of the fleet has the chip; what the scenario marks itself is left to it.
 */
import type { AssumedInput } from '../base/assumed.ts'
import { derivedFigures, findChassis } from '../catalog/index.ts'
import type { Relied, Unmeasured } from '../mac/relied.ts'
import type { LoadedScenario, Scenario } from '../scenario/index.ts'
import { formatPath } from '../scenario/reading/path.ts'

export function assumedOf({ scenario, assumed: marked }: LoadedScenario, relied: Relied): readonly AssumedInput[] {
  const known = new Set(marked.map(({ path }) => path))
  const found = [...ofChips(scenario), ...ofModel(scenario, relied)]
  return [...marked, ...found.filter(({ path }) => !known.has(path))]
}

/** Figures from which others of this list follow, or that no run asks for: sizes sold are for whoever writes a fleet. */
const UNUSED: ReadonlySet<string> = new Set(['matrix_units', 'clock_ghz', 'memory'])

function ofChips({ machines, chips }: Scenario): readonly AssumedInput[] {
  return chips.flatMap((chip) => {
    const having = machines.filter((machine) => machine.chip.name === chip.name)
    if (having.length === 0) return []
    const heated = having.some(({ chassis, thermal }) => findChassis(chassis)?.thermal[chip.tier] !== thermal)
    return derivedFigures(chip)
      .filter(({ key }) => !UNUSED.has(key) && (key !== 'heats_like' || heated))
      .map(({ key, value, source }) => ({
        path: formatPath(['chips', chip.name, key]),
        value: written(key, value),
        why: `derived, nobody gave it: ${source}`,
      }))
  })
}

function written(key: string, value: ReturnType<typeof derivedFigures>[number]['value']): unknown {
  if (typeof value !== 'number') return value
  const rounded = Math.round(value * 100) / 100
  return key === 'bandwidth' || key === 'ssd' ? `${rounded}GB/s` : rounded
}

const often = (share: number): string =>
  share === 0 ? 'never' : share === 1 ? 'always' : `${Math.round(share * 1e4) / 100}%`

const GIB = 2 ** 30
const gibibytes = (bytes: number): string => `${Math.round((bytes / GIB) * 100) / 100}GiB`

function ofModel({ mac }: Scenario, relied: Relied): readonly AssumedInput[] {
  const { cancelled_prefill, load, os_memory } = mac
  const all: readonly (AssumedInput & { readonly part: Unmeasured })[] = [
    {
      part: 'cancelled_prefill',
      path: 'mac.cancelled_prefill',
      value: often(cancelled_prefill),
      why: 'that a cancelled prompt is prefilled on for nobody was read in the source; how often is not known',
    },
    {
      part: 'page_cache',
      path: 'mac.load.page_cache_keeps',
      value: often(load.page_cache_keeps),
      why: 'what is left of a file in the page cache when it is loaded again was never measured',
    },
    {
      part: 'owner_memory',
      path: 'mac.os_memory',
      value: { apps_on: often(os_memory.apps_on), apps_median: gibibytes(os_memory.apps_median) },
      why: "what the owner's programs hold is drawn; shape assumed, size fitted to readings of a few 24 GB Macs",
    },
  ]
  return all.filter(({ part }) => relied.on(part)).map(({ path, value, why }) => ({ path, value, why }))
}
