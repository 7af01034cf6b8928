/** Whether the Macs of a scenario exist: chips, serials, and the builds on their disks. */
import {
  CHASSIS,
  type ChipSpec,
  chips as catalogChips,
  DEFAULT_CHASSIS,
  findChassis,
  thermalSpec,
} from '../../catalog/index.ts'
import type { FleetEntry } from '../../mac/config.ts'
import { type ChipEntries, chipNamed } from '../format/chip-entry.ts'
import type { Complain } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'
import { serialOf } from '../format/resolved.ts'
import { suggestion } from '../reading/suggestion.ts'

/** `chips`: the scenario's own; undefined where they could not be read, so that no name can be held against them. */
export function checkFleet(
  fleet: readonly FleetEntry[],
  chips: ChipEntries | undefined,
  builds: readonly string[],
  complain: Complain,
): void {
  const taken = new Set<string>()
  let place = 0
  for (const [i, entry] of fleet.entries()) {
    const { chip } = entry.machine
    const known = chipNamed(chip, chips ?? {})
    if (known !== undefined) {
      checkChassis(entry, known, i, complain)
      checkMemory(entry, known, i, complain)
    } else if (chips !== undefined && !(chip in chips)) {
      const names = [...Object.keys(chips), ...catalogChips.map(({ name }) => name)]
      const where = Object.keys(chips).length === 0 ? 'in the catalog' : 'in the catalog or in `chips`'
      complain(
        ['fleet', i, 'machine', 'chip'],
        `\`${chip}\` is not ${where}; ${suggestion(chip, names, 'known chips')}`,
      )
    }
    checkBuilds(entry, i, builds, complain)
    for (let n = 0; n < (entry.count ?? 1); n++) {
      const serial = serialOf(entry, place++)
      if (taken.has(serial))
        complain(['fleet', i, entry.id === undefined ? 'count' : 'id'], `gives a second Mac the serial \`${serial}\``)
      taken.add(serial)
    }
  }
}

const GIB = 2 ** 30

/** What lies between the smallest and the largest Mac sold with a chip is a Mac one can imagine; beyond that there is none. */
function checkMemory({ machine }: FleetEntry, chip: ChipSpec, i: number, complain: Complain): void {
  const memory_gb = machine.memory / GIB
  const [least, most] = [Math.min(...chip.memory_gb), Math.max(...chip.memory_gb)]
  if (memory_gb < least || memory_gb > most) {
    const sizes = chip.memory_gb.map((size) => `${size}GB`).join(', ')
    const text = least === most ? `must be ${least}GB` : `must be from ${least}GB to ${most}GB`
    const sold = chip.memoryFrom === undefined ? `an ${chip.name} is sold with ${sizes}` : unsaid(chip, sizes)
    complain(['fleet', i, 'machine', 'memory'], `${text}: ${sold}`)
  }
  if (machine.os_memory !== undefined && machine.os_memory >= machine.memory) {
    complain(['fleet', i, 'machine', 'os_memory'], 'must be less than `memory`')
  }
}

const unsaid = ({ name, memoryFrom }: ChipSpec, sizes: string): string =>
  `\`chips\` does not say what ${name} is sold with, and ${memoryFrom} are ${sizes}; name its \`memory\` there`

function checkBuilds(entry: FleetEntry, i: number, builds: readonly string[], complain: Complain): void {
  const check = (build: string, path: Path, atKey = false): void => {
    if (builds.includes(build)) return
    const text = `\`${build}\` is not among \`models\`; ${suggestion(build, builds, 'known models')}`
    complain(['fleet', i, ...path], text, atKey)
  }
  for (const key of ['advertises', 'disk', 'template_broken'] as const) {
    for (const [j, build] of entry[key].entries()) check(build, [key, j])
  }
  for (const build of Object.keys(entry.weight_hashes)) check(build, ['weight_hashes', build], true)
  for (const [build, path] of buildsLiedAbout(entry)) check(build, ['lies', ...path])
}

/** Every build that a lie names, and where below `lies`. */
function buildsLiedAbout({ lies }: FleetEntry): readonly (readonly [build: string, path: Path])[] {
  const named: (readonly [string, Path])[] = []
  for (const [i, build] of (lies?.registers.advertises ?? []).entries()) {
    named.push([build, ['registers', 'advertises', i]])
  }
  for (const [i, { active_model, slots = [] }] of (lies?.heartbeats ?? []).entries()) {
    if (active_model !== undefined) named.push([active_model, ['heartbeats', i, 'active_model']])
    for (const [j, { model }] of slots.entries()) named.push([model, ['heartbeats', i, 'slots', j, 'model']])
  }
  return named
}

/** A chassis has to exist and to have been sold with the chip, or its heat is anybody's guess. */
function checkChassis({ machine }: FleetEntry, chip: ChipSpec, i: number, complain: Complain): void {
  checkLid(machine, chip, i, complain)
  checkPowerMode(machine, chip, i, complain)
  if (machine.chassis === undefined) return
  const at = ['fleet', i, 'machine', 'chassis']
  const chassis = findChassis(machine.chassis)
  const fitting = CHASSIS.filter((each) => thermalSpec(each, chip) !== undefined).map(({ name }) => name)
  if (chassis === undefined) {
    const hint = suggestion(
      machine.chassis,
      CHASSIS.map(({ name }) => name),
      'known chassis',
    )
    complain(at, `\`${machine.chassis}\` is not in the catalog; ${hint}`)
  } else if (thermalSpec(chassis, chip) === undefined) {
    complain(at, `is not sold with ${chip.name}; that chip comes in ${fitting.join(', ')}`)
  }
}

/** Only a notebook has a lid to close. */
function checkLid({ chassis: given, lid }: FleetEntry['machine'], chip: ChipSpec, i: number, complain: Complain): void {
  const chassis = findChassis(given ?? DEFAULT_CHASSIS[chip.tier])
  const thermal = chassis === undefined ? undefined : thermalSpec(chassis, chip)
  if (lid === 'open' || chassis === undefined || thermal === undefined || thermal.lidClosed !== undefined) return
  const hint = given === undefined ? ', which this Mac is because it names no chassis' : ''
  complain(['fleet', i, 'machine', 'lid'], `does not exist on a ${chassis.name}${hint}`)
}

/** High Power mode forces the fans, where there is something to gain. */
function checkPowerMode(
  { chassis: given, power_mode }: FleetEntry['machine'],
  chip: ChipSpec,
  i: number,
  complain: Complain,
) {
  const chassis = findChassis(given ?? DEFAULT_CHASSIS[chip.tier])
  const thermal = chassis === undefined ? undefined : thermalSpec(chassis, chip)
  if (power_mode !== 'high' || chassis === undefined || thermal === undefined || thermal.forced !== undefined) return
  complain(['fleet', i, 'machine', 'power_mode'], `\`high\` does not exist on a ${chassis.name} with ${chip.name}`)
}

export function serialsOf(fleet: readonly FleetEntry[]): readonly string[] {
  const serials: string[] = []
  for (const entry of fleet) for (let n = 0; n < (entry.count ?? 1); n++) serials.push(serialOf(entry, serials.length))
  return serials
}
