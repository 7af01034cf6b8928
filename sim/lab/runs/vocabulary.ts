/**
 * The names that runs of a scenario can hold: its Macs, models, aliases and pools, those included that the timeline
 * brings later. An arm may change settings and with them the names, so a vocabulary is that of several scenarios:
 * what exists under one of them exists.
 */
import type { NameKind } from '../../metrics/index.ts'
import { findPolicy } from '../../policy/index.ts'
import { isPolicyFile, type LoadedScenario, type Scenario, withSettings } from '../../scenario/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import type { NamedBy } from '../../trace/column.ts'

type Kind = NameKind | NamedBy

export interface Vocabulary {
  /** Whether a run can hold the name. */
  has(kind: Kind, name: string): boolean
  /** "Did you mean", or the names there are; other words may count as known too. */
  suggest(kind: Kind, written: string, others?: readonly string[]): string
  /** Machines are numbered from 0. */
  readonly machines: number
  /** What requests call a build; undefined when none asks for it, or it is no build. */
  publicNameOf(build: string): string | undefined
}

/** What messages call several of a kind. */
const PLURAL: { readonly [kind in Kind]: string } = {
  serial: 'known serials',
  model: 'names that requests ask for',
  build: 'known models',
  alias: 'known aliases',
  label: 'known pools',
  pool: 'known pools',
  culprit: 'known culprits',
  chip: 'chips of the fleet',
  change: 'changes of the timeline',
  metric: 'counters and gauges of the policies',
}

/** Every arm with its own settings; `arms` names those in question, all of them by default. */
export function vocabularyOf(loaded: LoadedScenario, arms?: readonly string[]): Vocabulary {
  const policies = loaded.scenario.policies.filter((arm) => arms === undefined || arms.includes(arm.as))
  return vocabularyOfAll(
    policies.length === 0 ? [loaded.scenario] : policies.map((arm) => scenarioUnder(loaded, arm)),
    policies.some(({ policy }) => isPolicyFile(policy)),
  )
}

/** With the arm's own settings. */
export function scenarioUnder(loaded: LoadedScenario, arm: { readonly settings: readonly string[] }): Scenario {
  const changed = arm.settings.length === 0 ? undefined : withSettings(loaded, arm.settings)
  return changed?.ok === true ? changed.value.scenario : loaded.scenario
}

/** `ownLabels`: a policy of the user's own is among them, which may call a pool what it likes. */
export function vocabularyOfAll(scenarios: readonly Scenario[], ownLabels: boolean): Vocabulary {
  const all = (names: (scenario: Scenario) => readonly string[]): ReadonlySet<string> =>
    new Set(scenarios.flatMap(names))
  const builds = all(({ models }) => models.map((model) => model.build))
  const aliases = all(aliasesOf)
  const models = all((scenario) => scenario.publicModels)
  const labels = new Set([...aliases, ...builds])
  const names: { readonly [kind in Kind]: ReadonlySet<string> } = {
    serial: all(({ machines }) => machines.map((machine) => machine.serial)),
    model: models,
    build: builds,
    alias: aliases,
    label: labels,
    pool: labels,
    culprit: new Set([
      ...models,
      ...all((scenario) => scenario.models.map((model) => scenario.publicNameOf(model.build))),
    ]),
    chip: all(({ machines }) => machines.map((machine) => machine.chip.name)),
    change: all(changesOf),
    metric: all(metricsOf),
  }
  return {
    has(kind, name) {
      if (ownLabels && (kind === 'label' || kind === 'pool' || kind === 'metric')) return true
      if (kind === 'change') return [...names.change].some((start) => name === start || name.startsWith(`${start} `))
      return names[kind].has(name)
    },
    suggest: (kind, written, others = []) => suggestion(written, [...names[kind], ...others], PLURAL[kind]),
    machines: Math.max(...scenarios.map(({ machines }) => machines.length)),
    publicNameOf: (build) =>
      scenarios.map((scenario) => scenario.publicNameOf(build)).find((name) => name !== build && models.has(name)),
  }
}

/** Those of built-in policies. */
const metricsOf = ({ policies }: Scenario): readonly string[] =>
  policies.flatMap(({ policy }) => {
    const { counters = [], gauges = [] } = findPolicy(policy) ?? {}
    return [...counters, ...gauges]
  })

/** Those there are at the start, and those the timeline sets. */
const aliasesOf = ({ aliases, timeline }: Scenario): readonly string[] => [
  ...Object.keys(aliases),
  ...timeline.flatMap(({ action }) => (action.kind === 'set_alias' ? Object.keys(action.aliases) : [])),
]

/** How the rows of the timeline begin: what is done, and to whom. */
const changesOf = ({ timeline, machines }: Scenario): readonly string[] =>
  timeline.flatMap(({ action }) => {
    switch (action.kind) {
      case 'set':
        return Object.keys(action.settings).map((setting) => `set ${setting}`)
      case 'set_alias':
        return Object.keys(action.aliases).map((alias) => `set_alias ${alias}`)
      case 'delete_alias':
        return [`delete_alias ${action.alias}`]
      default:
        return (action.machines ?? machines.map(({ serial }) => serial)).map((serial) => `${action.kind} ${serial}`)
    }
  })
