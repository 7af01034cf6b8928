/** A policy's surroundings in a few words: labels applied the way the coordinator applies them. */
import type { BuildId, ProviderId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import type {
  AliasView,
  AssignmentView,
  Policy,
  PolicyContext,
  PoolVerdict,
  ProviderView,
  SlotView,
  Surface,
} from '../../sim/plug/index.ts'

export const build = (name: string): BuildId => name as BuildId

export function aSlot(model: string, state: SlotView['state'], running = 0): SlotView {
  return { model: build(model), state, running, waiting: 0, maxConcurrency: 24 }
}

export function aProvider(
  id: number,
  advertised: readonly string[],
  overrides: Partial<ProviderView> = {},
): ProviderView {
  return {
    id: id as ProviderId,
    serial: `mac-${id}`,
    version: '0.6.17',
    memory_gb: 64,
    memoryBandwidth_gbs: 400,
    advertised: advertised.map(build),
    observedAt: 0 as Micros,
    currentModel: '',
    warmModels: [],
    slots: [],
    freeForLoad_gb: undefined,
    memoryPressure: 0.1,
    thermalState: 'nominal',
    pendingCount: 0,
    pendingLoad: '',
    workedAt: 0 as Micros,
    maxModelSlots: 1,
    ...overrides,
  }
}

export function anAlias(name: string, desired: string, previous = '', retired: readonly string[] = []): AliasView {
  return { name, desired: desired as BuildId | '', previous: previous as BuildId | '', retired: retired.map(build) }
}

export interface PolicyWorld {
  ask(surface: Surface, provider: ProviderView, model: string, ownerBypass?: boolean): PoolVerdict
  label(provider: ProviderView): string
  readonly context: PolicyContext
}

export function aPolicyWorld(
  policy: Policy,
  options: {
    aliases?: readonly AliasView[]
    poolsEnabled?: boolean
    catalog?: readonly string[]
    now?: Micros
    providers?: readonly ProviderView[]
    assignments?: ReadonlyMap<ProviderId, AssignmentView>
    assignmentGate?: boolean
  } = {},
): PolicyWorld {
  const labels = new Map<ProviderId, string>()
  const context: PolicyContext = {
    now: options.now ?? (0 as Micros),
    poolsEnabled: options.poolsEnabled ?? true,
    inCatalog: (model) => options.catalog === undefined || options.catalog.includes(model),
    aliases: new Map((options.aliases ?? []).map((alias) => [alias.name, alias])),
    assigned: (provider) => labels.get(provider) ?? '',
    assignedAt: () => 0 as Micros,
    assignment: (provider) => options.assignments?.get(provider),
    assignmentGate: options.assignmentGate ?? true,
    routable: () => true,
    couldLoad: (id, model) =>
      options.providers?.some((provider) => provider.id === id && provider.advertised.includes(model)) ?? false,
    providers: options.providers ?? [],
  }
  return {
    context,
    label: (provider) => labels.get(provider.id) ?? '',
    ask(surface, provider, model, ownerBypass = false) {
      const verdict = policy.test({ surface, provider, model: model as BuildId | '', ownerBypass }, context)
      if (verdict.relabel !== undefined) labels.set(provider.id, verdict.relabel)
      return verdict
    },
  }
}
