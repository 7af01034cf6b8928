/**
 * Whether any Mac at all could hold what is asked for. A demand that nobody can ever serve is a slip of the author far
 * more often than an experiment, and its run would say nothing but 503.
 *
 * Two gates, the coordinator's (min_ram_gb against the memory on the box) and the provider's at its most generous:
 * padded weights and both headrooms against memory less the reserve and the leanest OS (facts provider-runtime.md §3.2).
 */
import type { ModelSpec } from '../../catalog/index.ts'
import type { FleetEntry, MacSettings } from '../../mac/config.ts'
import type { Complain } from '../reading/complaint.ts'
import { buildOf, type ModelEntry, modelSpecOf } from '../format/model-entry.ts'
import type { Parsed } from '../format/parsed.ts'
import { askedNames } from '../format/resolved.ts'

const GIB = 2 ** 30

export function checkFits({ models, aliases, fleet, demand, mac }: Parsed, complain: Complain): void {
  if (models === undefined || fleet === undefined || demand === undefined || mac === undefined) return
  const specs = new Map(models.map((entry) => [buildOf(entry), modelSpecOf(entry)]))
  checkResident(models, specs, mac, complain)
  const asked = askedNames(demand)
  const largest = Math.max(...fleet.map((entry) => roomOf(entry, mac)))
  const mostMemory = Math.max(...fleet.map((entry) => entry.machine.memory)) / GIB
  for (const name of asked) {
    const alias = aliases?.[name]
    const builds = alias === undefined ? [name] : [alias.desired, alias.previous]
    const served = builds.map((build) => specs.get(build ?? '')).filter((spec) => spec !== undefined)
    if (served.length === 0) continue
    if (served.some((spec) => spec.minRam_gb.value <= mostMemory && requiredBytes(spec, mac) <= largest)) continue
    const place = models.findIndex((entry) => buildOf(entry) === served[0]!.build)
    complain(['models', place], misfit(served[0]!, mac, largest, mostMemory))
  }
}

/** What the load gate does not see coming would end in more memory than there is. */
function checkResident(
  models: readonly ModelEntry[],
  specs: ReadonlyMap<string, ModelSpec | undefined>,
  mac: MacSettings,
  complain: Complain,
): void {
  for (const [i, entry] of models.entries()) {
    const spec = specs.get(buildOf(entry))
    if (typeof entry === 'string' || entry.resident === undefined || spec === undefined) continue
    const most = Math.round(spec.diskBytes.value * mac.weights_padding)
    if (entry.resident <= most) continue
    const text = `must be at most ${(most / 1e9).toFixed(1)}GB, which is what the load gate expects of it: size times weights_padding`
    complain(['models', i, 'resident'], text)
  }
}

function misfit(spec: ModelSpec, mac: MacSettings, largest: number, mostMemory: number): string {
  if (spec.minRam_gb.value > mostMemory) {
    return `\`${spec.build}\` fits no Mac of the fleet: it asks for ${spec.minRam_gb.value}GB and the largest has ${mostMemory}GB`
  }
  const [needed, room] = [requiredBytes(spec, mac), Math.max(0, largest)].map((bytes) => (bytes / GIB).toFixed(1))
  return `\`${spec.build}\` fits no Mac of the fleet: loading it takes ${needed}GiB and the roomiest has ${room}GiB to give`
}

const requiredBytes = (spec: ModelSpec, mac: MacSettings): number =>
  Math.round(spec.diskBytes.value * mac.weights_padding) + mac.activation_headroom + mac.kv_headroom

/** What the load gate can find at most on such a Mac. */
function roomOf({ machine }: FleetEntry, mac: MacSettings): number {
  const cap = Math.min(Math.floor(mac.cap_share * machine.memory), machine.memory - mac.cap_margin)
  const reserve = Math.max(mac.memory_reserve, machine.memory - cap)
  return machine.memory - (machine.os_memory ?? mac.os_memory.base_min) - reserve
}
