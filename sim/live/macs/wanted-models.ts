/**
 * What the coordinator wants on a Mac: the builds that it desires under each alias, and those it has had fetched by name. To
 * the provider program the latter are desired too, and take nobody's place.
 */
import type { BuildId } from '../../base/ids.ts'
import type { ToProvider } from '../../protocol/index.ts'
import type { Scenario } from '../../scenario/index.ts'
import type { CoordinatorFrame } from '../wire/frames.ts'

type DesiredEntries = Extract<CoordinatorFrame, { type: 'desired_models' }>['models']

export class WantedModels {
  readonly #builds: ReadonlySet<string>
  readonly #aliases: Scenario['aliases']
  #desired: DesiredEntries = []
  readonly #fetched = new Set<string>()

  constructor({ models, aliases }: Scenario) {
    this.#builds = new Set(models.map(({ build }) => build))
    this.#aliases = aliases
  }

  desire(models: DesiredEntries): void {
    this.#desired = models
  }

  /** Whether the scenario has such a model; if not, there is nothing to fetch. */
  fetch(build: string): boolean {
    if (!this.#builds.has(build)) return false
    this.#fetched.add(build)
    return true
  }

  /** All of it, as the Mac is told. */
  get message(): ToProvider {
    return {
      kind: 'desired_models',
      entries: [
        ...this.#desired.map(({ model_name, desired_build, previous_build }) => ({
          alias: model_name,
          desired: desired_build as BuildId,
          previous: previous_build === undefined || previous_build === '' ? undefined : (previous_build as BuildId),
        })),
        ...[...this.#fetched].map((build) => ({ alias: build, desired: build as BuildId, previous: undefined })),
      ],
    }
  }

  /** A request may name an alias: then what is desired under it, as the coordinator or the scenario says. */
  buildOf(name: string): BuildId {
    if (this.#builds.has(name)) return name as BuildId
    const desired = this.#desired.find(({ model_name }) => model_name === name)?.desired_build
    return (desired ?? this.#aliases[name]?.desired ?? name) as BuildId
  }
}
