/** The fleet of a written state, brought to what the document describes. */
import type { BuildId, MachineIndex, ProviderId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { Policy } from '../../plug/index.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { DecideDocument } from './format.ts'
import { aliasesOf, bringInForce, catalogOf, messagesOf, PlacedIds } from './machine.ts'
import { createFleet } from '../decide/create-fleet.ts'
import type { Fleet } from '../decide/fleet.ts'
import { touch } from '../view/touch.ts'

export interface DecideOptions {
  readonly policy: Policy
  /** Not the one that the state was written under: labels and assignments in it mean nothing to this one. */
  readonly isAnotherPolicy?: boolean
  readonly settings: CoordinatorSettings
  /** With one verdict per machine for people. */
  readonly explained: boolean
}

/** The state's own time, 400 days: late enough for everything that a document says was before. */
export const NOW = 34_560_000_000_000 as Micros

/** The fleet as the document describes it, before any request. `now` may move on from the state's own time. */
export function decidedFleet(
  document: DecideDocument,
  { policy, settings, isAnotherPolicy = false }: DecideOptions,
  now: () => Micros = () => NOW,
): { readonly fleet: Fleet; readonly ids: PlacedIds } {
  const fleet = createFleet({
    policy,
    settings,
    catalog: catalogOf(document),
    aliases: aliasesOf(document),
    now,
    trace: { emit: () => {} },
  })
  const { registry } = fleet
  const ids = new PlacedIds()
  for (const [index, machine] of document.machines.entries()) {
    const [registration, ...heartbeats] = messagesOf(machine)
    const record = registry.register(index as ProviderId, index as MachineIndex, registration)
    for (const heartbeat of heartbeats) registry.heartbeat(record, heartbeat)
    bringInForce(registry, record, machine, ids, now())
  }
  if (document.decode_rates !== undefined) {
    registry.restoreDecodeRates(
      document.decode_rates.map(({ build, chip_family, samples }) => ({
        build: build as BuildId,
        chipFamily: chip_family,
        samples,
      })),
    )
  }
  if (document.solo_rates !== undefined) {
    registry.restoreSoloRates(
      document.solo_rates.map(({ build, chip_class, samples }) => ({
        build: build as BuildId,
        chipClass: chip_class,
        samples,
      })),
    )
  }
  if (isAnotherPolicy || isUnlabelled(document)) labelAnew(fleet)
  return { fleet, ids }
}

/** Written by hand, and without a word on labels. A coordinator's own state says how it was, labels or none. */
const isUnlabelled = ({ machines, warm_pool }: DecideDocument): boolean =>
  warm_pool === undefined && machines.every(({ pool, assignment }) => pool === undefined && assignment === undefined)

/** The policy sees each machine's last heartbeat, in order of registration; what a longer history had made of it is not known. */
function labelAnew({ registry, pool }: Fleet): void {
  for (const record of registry.providers) {
    record.assignedPool = ''
    record.assignment = undefined
    touch(record)
  }
  for (const record of registry.providers) {
    if (record.lastHeartbeatAt !== undefined) pool.ask('heartbeat', record)
  }
}
