/** The world that plain machines and rules describe, and a plain request as routing sees it. */
import type { ProviderId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import type { RoutingRequest } from '../../../sim/coordinator/view/provider-record.ts'
import type { Policy } from '../../../sim/plug/index.ts'
import type { PlainMachine, PlainRequest, PlainRules } from './plain-fleet.ts'
import { build, openPolicy, request, World, type WorldSpec } from './world.ts'

/** A pool is fixed here: a policy that moved labels would change what the next question finds. */
const fixedPools = (fleet: readonly PlainMachine[], refusesColdBesideBusy: boolean): Policy => ({
  ...openPolicy,
  refusesColdBesideBusy,
  test({ surface, provider, model, ownerBypass }) {
    const { pool } = fleet[provider.id]!
    // Aliases are resolved without pools.
    const allowed = surface === 'resolve_alias' || ownerBypass || pool === '' || pool === model
    return { allowed, why: `its pool is ${pool}` }
  },
})

export function worldOf(
  fleet: readonly PlainMachine[],
  given: PlainRules,
  settings: WorldSpec['settings'] = {},
): World {
  const catalog = Object.entries(given.catalog).map(([name, { size, minRam }]) => ({
    build: build(name),
    size_gb: size,
    minRam_gb: minRam,
  }))
  const world = new World({
    policy: fixedPools(fleet, given.coldBesideBusyRefused),
    catalog,
    settings: {
      DEDICATED_MODELS: [...given.dedicated],
      QUALITY_CONCURRENCY_CAP: given.overcommit !== undefined,
      QUALITY_CONCURRENCY_OVERCOMMIT: given.overcommit ?? 1,
      MODEL_SOLO_TPS_SEED: { ...given.seeds },
      QUALITY_CAP_PER_MODEL_TPS: given.lone !== undefined,
      QUALITY_CAP_SOLO_MIN_SAMPLES: given.lone ?? 5,
      ...settings,
    },
  })
  for (const machine of fleet) addMachine(world, machine)
  return world
}

function addMachine(world: World, machine: PlainMachine): void {
  const record = world.add({
    serial: machine.serial,
    version: machine.version,
    memory_gb: machine.memory,
    bandwidth_gbs: machine.bandwidth,
    decode: machine.decode,
    prefill: machine.prefill,
    trust: {
      level: machine.trusted ? 'hardware' : 'self_signed',
      runtimeVerified: machine.runtime,
      privateText: machine.privateText,
      challenge: machine.fresh ? 'answered' : 'lapsed',
    },
    privateOnly: machine.privateOnly,
    ...(machine.account === '' ? {} : { account: machine.account }),
    models: machine.models.map((model) => ({
      build: build(model.build),
      isVision: model.vision,
      templateRenderOk: model.template,
    })),
    slots:
      machine.slots?.map((slot) => ({
        model: build(slot.model),
        state: slot.state,
        running: slot.running,
        waiting: slot.waiting,
        maxConcurrency: slot.maxConcurrency,
        maxTokensPotential: slot.potential,
        activeTokenBudgetUsed: slot.used,
        activeTokenBudgetMax: slot.max,
        queuedTokenBudget: slot.queued,
        observedDecodeTps: slot.decode,
        observedPrefillTps: slot.prefill,
      })) ?? 'none',
    capacity: { gpuMemoryActive_gb: machine.gpu, freeForLoad_gb: machine.free },
    heartbeat: {
      memoryPressure: machine.pressure,
      cpuUsage: machine.cpu,
      thermalState: machine.thermal,
      warmModels: machine.warm.map(build),
    },
  })
  for (const { build: of, prompt, max } of machine.pending) {
    world.addPending(record, { build: build(of), promptTokens: prompt, maxTokens: max })
  }
  const later = (world.clock + 1) as Micros
  if (machine.untrusted) record.status = 'untrusted'
  if (machine.breakerOpen) record.breakerOpenUntil = later
  if (machine.reserved) {
    record.pendingLoad = build('small')
    record.pendingLoadUntil = later
  }
  for (const offer of record.offers.values()) {
    if (machine.cooling) offer.loadCooldownUntil = later
    if (machine.erring !== 'none') offer.errorCooldownUntil[machine.erring] = later
  }
}

export const routing = (plain: PlainRequest, fleet: readonly PlainMachine[]): RoutingRequest =>
  request({
    build: build(plain.build),
    promptTokens: plain.prompt,
    maxTokens: plain.max,
    hasTools: plain.tools,
    requiresVision: plain.vision,
    serials: plain.serial === undefined ? undefined : [plain.serial],
    account: plain.account,
    selfRouteOnly: plain.route === 'self',
    preferOwner: plain.route === 'prefer_owner',
    excluded: fleet.flatMap((machine, index) => (machine.excluded ? [index as ProviderId] : [])),
    avoidVersion: plain.avoidVersion,
    maxTtft_ms: plain.ceiling,
    minDecodeTps: plain.floor,
    affinity: plain.affinity as ProviderId | -1,
  })
