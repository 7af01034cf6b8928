/**
 * Who is who at the start of this run: the shares of `start:`, drawn by seed. The same seed draws the same Macs under every
 * policy, and one more entry shifts none of the others.
 */
import { must } from '../base/assert.ts'
import type { BuildId } from '../base/ids.ts'
import type { RandomSource, RandomStream } from '../kernel/scheduler.ts'
import type { Scenario } from '../scenario/index.ts'

type Machine = Scenario['machines'][number]
type StartEntry = NonNullable<Scenario['start']>[number]
type StartGroup = StartEntry['groups'][number]

/** A group that wanted more Macs than there were for it. */
export interface Shortfall {
  /** `start[2].groups[0]`. */
  readonly at: string
  readonly wanted: number
  readonly found: number
}

export interface StartState {
  readonly machines: readonly Machine[]
  readonly shortfalls: readonly Shortfall[]
}

export function drawStart(scenario: Scenario, random: RandomSource): StartState {
  const machines = [...scenario.machines]
  const shortfalls: Shortfall[] = []
  for (const [i, entry] of (scenario.start ?? []).entries()) {
    const stream = random.stream(`start/${i}`)
    const left = machines.filter((machine) => isOf(machine, entry.of)).map(({ index }) => index)
    const all = left.length
    let due = 0
    let given = 0
    for (const [j, group] of entry.groups.entries()) {
      // Counted together, so that shares of 100 % leave nobody out.
      due += group.count ?? (group.share ?? 0) * all
      const wanted = Math.round(due) - given
      given += wanted
      const able = left.filter((index) => offersAll(machines[index]!, group))
      const found = Math.min(wanted, able.length)
      if (found < wanted) shortfalls.push({ at: `start[${i}].groups[${j}]`, wanted, found })
      for (const index of draw(able, found, stream)) {
        machines[index] = changed(machines[index]!, group, scenario)
        left.splice(left.indexOf(index), 1)
      }
    }
  }
  return { machines, shortfalls }
}

/** Without replacement, each as likely. */
function draw<T>(from: readonly T[], count: number, stream: RandomStream): readonly T[] {
  const rest = [...from]
  return Array.from({ length: count }, () => rest.splice(stream.below(rest.length), 1)[0]!)
}

function isOf(machine: Machine, of: StartEntry['of']): boolean {
  const offers: readonly string[] = machine.advertises.map(({ build }) => build)
  const { memory_at_least = 0, memory_below = Infinity, chips, machines, advertises, has = [] } = of
  return (
    machine.memoryBytes >= memory_at_least &&
    machine.memoryBytes < memory_below &&
    (chips === undefined || chips.includes(machine.chip.name)) &&
    (machines === undefined || machines.includes(machine.serial)) &&
    (advertises === undefined ||
      (advertises.length === offers.length && advertises.every((build) => offers.includes(build)))) &&
    has.every((build) => offers.includes(build))
  )
}

/** What is to be loaded or cached has to be there. */
function offersAll(machine: Machine, { advertises, disk, resident = [], page_cache = [] }: StartGroup): boolean {
  const offers: readonly string[] = advertises ?? machine.advertises.map(({ build }) => build)
  const stored = new Set<string>([...offers, ...(disk ?? machine.disk.map(({ build }) => build))])
  return resident.every((build) => offers.includes(build)) && page_cache.every((build) => stored.has(build))
}

const buildIds = (names: readonly string[]): readonly BuildId[] => names as readonly BuildId[]

function changed(machine: Machine, group: StartGroup, { models }: Scenario): Machine {
  const specs = (names: readonly string[]): Machine['advertises'] =>
    names.map((name) =>
      must(
        models.find(({ build }) => build === name),
        'start: start-check.ts knows every build',
      ),
    )
  const advertises = group.advertises === undefined ? machine.advertises : specs(group.advertises)
  const isOffered = (build: string): boolean => advertises.some((model) => model.build === build)
  const disk = group.disk === undefined ? machine.disk : specs(group.disk)
  const { churn, standing, page_cache, max_model_slots, version, trust, answers_challenges, joins } = group
  const provider = {
    ...machine.provider,
    ...(trust === undefined ? {} : { trust }),
    ...(answers_challenges === undefined ? {} : { answers_challenges }),
    ...(joins === undefined ? {} : { joins }),
  }
  return {
    ...machine,
    advertises,
    // What it offers is not beside that.
    disk: disk.filter(({ build }) => !isOffered(build)),
    resident: buildIds(group.resident ?? machine.resident).filter(isOffered),
    pageCache: page_cache === undefined ? machine.pageCache : buildIds(page_cache),
    maxModelSlots: max_model_slots ?? machine.maxModelSlots,
    churn: churn ?? machine.churn,
    standing: standing ?? machine.standing,
    version: version ?? machine.version,
    provider,
  }
}
