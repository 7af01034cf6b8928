/** The fleet of a written state, brought to what the document describes. */
import type { BuildId, MachineIndex, ProviderId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { Policy } from '../plug/index.ts'
import type { CoordinatorSettings } from './config.ts'
import type { DecideDocument } from './decide-format.ts'
import { aliasesOf, bringInForce, catalogOf, messagesOf, PlacedIds } from './decide-machine.ts'
import { createFleet, type Fleet } from './fleet.ts'

export interface DecideOptions {
  readonly policy: Policy
  readonly settings: CoordinatorSettings
  /** With one verdict per machine for people. */
  readonly explained: boolean
}

/** The state's own time, 400 days: late enough for everything that a document says was before. */
const NOW = 34_560_000_000_000 as Micros

/** The fleet as the document describes it, before any request. `now` may move on from the state's own time. */
export function decidedFleet(
  document: DecideDocument,
  { policy, settings }: DecideOptions,
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
  return { fleet, ids }
}
