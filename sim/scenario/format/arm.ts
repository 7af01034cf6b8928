/** Arms of a comparison: a policy, and the settings in which this arm differs. */
import { z } from 'zod'
import { name } from '../../base/config.ts'
import { withRealNames, withRealNamesInJson } from '../../base/names.ts'

const settingValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
])

export interface Arm {
  /** A built-in's name, or the path of a policy file. */
  readonly policy: string
  /** What results call it. */
  readonly as: string
  /** `path=value`, as `withSettings` takes them. */
  readonly settings: readonly string[]
}

export const armSchema = z
  .union([
    name().describe('A policy by name, or a path to a policy file.'),
    z.strictObject({
      policy: name(),
      set: z
        .record(z.string(), settingValue)
        .default({})
        .describe(
          'Settings of this arm: paths such as coordinator.QUEUE_MAX_DEPTH, or max_model_slots for the whole fleet.',
        ),
      coordinator: z
        .record(z.string(), settingValue)
        .default({})
        .describe(
          'The regime of this arm: a `preset` of its own, and keys that differ. What the scenario’s own `coordinator:` says stands over a preset as ever.',
        ),
      as: name().optional().describe('Its name in results.'),
    }),
  ])
  .transform((input): Arm => {
    if (typeof input === 'string') return { policy: input, as: input, settings: [] }
    const regime = Object.entries(input.coordinator).map(([key, value]) => [`coordinator.${key}`, value] as const)
    // JSON is YAML: the setting's value reads back as what it is.
    const settings = [...regime, ...Object.entries(input.set)].map(
      ([path, value]) => `${withRealNames(path)}=${withRealNamesInJson(JSON.stringify(value))}`,
    )
    return { policy: input.policy, as: input.as ?? input.policy, settings }
  })

/** The one arm of a scenario that lists none: the tree before any pool. */
export const DEFAULT_ARM = 'open'

/** Whether a policy is named by a path to its file. */
export const isPolicyFile = (policy: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(policy)
