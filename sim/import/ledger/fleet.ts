/** Macs of the ledger as a scenario names them: chips of the catalog, memory as sold, builds they may serve. */
import { type ChipSpec, chips, findChip } from '../../catalog/index.ts'
import type { MacText } from '../making/scenario-text.ts'
import type { RecordedMac, Macs } from './macs.ts'

export interface LedgerFleet {
  readonly macs: readonly MacText[]
  /** Builds that some Mac serves, in order of first sight. */
  readonly builds: readonly string[]
  readonly assumed: readonly string[]
  /** What keeps it from being a fleet. */
  readonly wrong: readonly string[]
}

/** `Apple M4 Max` → generation, tier. */
const CHIP = /^(?:Apple )?(M\d)(?: (Pro|Max|Ultra))?(?: (\d+)c)?$/

/** By its name in the catalog, or by what the hardware columns say. */
function chipOf(
  name: string,
  gpuCores: number | null,
): { readonly chip: ChipSpec; readonly guessed: boolean } | undefined {
  const known = findChip(name)
  if (known !== undefined) return { chip: known, guessed: false }
  const match = CHIP.exec(name.trim())
  if (match === null) return undefined
  const [, generation, tier = 'Base', cores] = match
  const alike = chips.filter((chip) => chip.generation === generation && chip.tier === tier)
  const counted = cores === undefined ? gpuCores : Number(cores)
  const exact = alike.find((chip) => chip.gpuCores === counted)
  if (exact !== undefined) return { chip: exact, guessed: false }
  const [smallest] = alike.toSorted((a, b) => a.gpuCores - b.gpuCores)
  return smallest === undefined ? undefined : { chip: smallest, guessed: alike.length > 1 }
}

interface Hardware {
  readonly chip: ChipSpec
  readonly memory_gb: number
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

export function ledgerFleet(macs: Macs, start: number, renamed: (build: string) => string): LedgerFleet {
  const assumed: string[] = []
  const wrong: string[] = []
  const all = macs.list()
  const hardware = new Map<RecordedMac, Hardware>()
  const unknownChips = new Set<string>()
  let guessed = 0
  for (const mac of all) {
    if (mac.chip === null || mac.memory_gb === null) continue
    const found = chipOf(mac.chip, mac.gpuCores)
    if (found === undefined) unknownChips.add(mac.chip)
    else {
      if (found.guessed) guessed += 1
      hardware.set(mac, { chip: found.chip, memory_gb: fitting(mac.memory_gb, found.chip) })
    }
  }
  if (unknownChips.size > 0) wrong.push(`chips outside the catalog: ${[...unknownChips].join(', ')}`)
  const odd = all.filter((mac) => hardware.has(mac) && hardware.get(mac)!.memory_gb !== mac.memory_gb).length
  if (odd > 0)
    assumed.push(`${plural(odd, 'Mac')} of a memory size that its chip is not sold with: the nearest is taken`)
  if (guessed > 0)
    assumed.push(`${plural(guessed, 'Mac')} without a count of GPU cores: the smallest of the chip is taken`)
  const unseen = all.filter((mac) => !hardware.has(mac) && (mac.chip === null || mac.memory_gb === null))
  const usual = mostCommon([...hardware.values()])
  if (unseen.length > 0 && usual !== undefined) {
    assumed.push(
      `${plural(unseen.length, 'Mac')} only in samples, which name no hardware: taken as ${usual.chip.name} with ${usual.memory_gb}GB, the most common`,
    )
    for (const mac of unseen) hardware.set(mac, usual)
  }
  const builds = [...new Set(all.flatMap((mac) => [...mac.builds].map(renamed)))]
  // Where no Mac was seen with two builds, each has its own; otherwise nothing tells who else could have served what.
  const isShared = all.some((mac) => mac.builds.size > 1)
  const texts = all.flatMap((mac): MacText[] => {
    const own = hardware.get(mac)
    if (own === undefined) return []
    const seen = [...new Set([...mac.builds].map(renamed))]
    const resident = macs.residentAt(mac, start).map(renamed)
    return [
      {
        serial: mac.serial,
        chip: own.chip.name,
        memory_gb: own.memory_gb,
        advertises: macs.knowsOffers || !isShared ? (seen.length > 0 ? seen : builds) : builds,
        resident: resident.filter((build) => seen.includes(build)),
      },
    ]
  })
  if (texts.length === 0) wrong.push('no row names a Mac')
  if (builds.length > 1 && !macs.knowsOffers)
    assumed.push(
      !isShared
        ? 'no Mac was seen with two builds: each is taken to have only its own on its disk'
        : 'every Mac is taken to have every build on its disk: the ledger says where a build ran, not where it could have; mend `advertises` where you know better',
    )
  return { macs: texts, builds, assumed, wrong }
}

/** Inside what the chip is sold with. */
function fitting(memory_gb: number, { memory_gb: sold }: ChipSpec): number {
  const [least, most] = [Math.min(...sold), Math.max(...sold)]
  return Math.min(most, Math.max(least, Math.round(memory_gb)))
}

function mostCommon(all: readonly Hardware[]): Hardware | undefined {
  const counts = new Map<string, { hardware: Hardware; count: number }>()
  for (const hardware of all) {
    const key = `${hardware.chip.name} ${hardware.memory_gb}`
    const known = counts.get(key) ?? { hardware, count: 0 }
    counts.set(key, { ...known, count: known.count + 1 })
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count)[0]?.hardware
}
