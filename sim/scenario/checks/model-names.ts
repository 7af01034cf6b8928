/** Models and aliases: known to the catalog, named once, and leading somewhere. */
import { OTHER_CULPRITS } from '../../base/culprits.ts'
import { findModel, models as catalogModels } from '../../catalog/index.ts'
import type { Aliases } from '../format/alias.ts'
import { buildOf, catalogNameOf } from '../format/model-entry.ts'
import type { Parsed } from '../format/parsed.ts'
import type { Complain } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'
import { suggestion } from '../reading/suggestion.ts'
import { repeated } from './repeated.ts'

export function checkModels(parsed: Parsed, complain: Complain): void {
  const { models } = parsed
  const catalog = catalogModels.map((model) => model.build)
  for (const [i, entry] of (models ?? []).entries()) {
    const name = catalogNameOf(entry)
    if (findModel(name) !== undefined) continue
    const path: Path = typeof entry === 'string' ? ['models', i] : ['models', i, 'like']
    complain(path, `\`${name}\` is not in the catalog; ${suggestion(name, catalog, 'known models')}`)
  }
  for (const i of repeated((models ?? []).map(buildOf))) complain(['models', i], 'names a model a second time')
  for (const { name, path, atKey } of namesOfModels(parsed)) {
    if (!OTHER_CULPRITS.includes(name)) continue
    complain(path, `\`${name}\` is what results call a delay that no model caused; give the model another name`, atKey)
  }
}

const namedBy = (aliases: Aliases, at: Path) =>
  Object.keys(aliases).map((name) => ({ name, path: [...at, name], atKey: true }))

/** Whatever a request can ask for, and where it is named. */
function namesOfModels({ models = [], aliases = {}, timeline = [] }: Parsed) {
  return [
    ...models.map((entry, i) => {
      const path: Path = typeof entry === 'string' ? ['models', i] : ['models', i, 'build']
      return { name: buildOf(entry), path, atKey: false }
    }),
    ...namedBy(aliases, ['aliases']),
    ...timeline.flatMap(({ action }, i) =>
      action.kind === 'set_alias' ? namedBy(action.aliases, ['timeline', i, 'set_alias']) : [],
    ),
  ]
}

export function checkAliasTargets(aliases: Aliases, at: Path, builds: readonly string[], complain: Complain): void {
  const check = (build: string | undefined, path: Path): void => {
    if (build === undefined || build === '' || builds.includes(build)) return
    complain(path, `\`${build}\` is not among \`models\`; ${suggestion(build, builds, 'known models')}`)
  }
  for (const [name, { desired, previous, retired }] of Object.entries(aliases)) {
    check(desired, [...at, name, 'desired'])
    check(previous, [...at, name, 'previous'])
    for (const [i, build] of retired.entries()) check(build, [...at, name, 'retired', i])
  }
}

/** Aliases there are at the start, and those the timeline sets. */
export function everyAlias({ aliases = {}, timeline = [] }: Parsed): readonly string[] {
  const later = timeline.flatMap(({ action }) => (action.kind === 'set_alias' ? Object.keys(action.aliases) : []))
  return [...new Set([...Object.keys(aliases), ...later])]
}
