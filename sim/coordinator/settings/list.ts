/** Every setting, in the order in which lists show them. */
import { z } from 'zod'
import { must } from '../../base/assert.ts'
import { door } from './door.ts'
import { attestation, health } from './health.ts'
import { itself } from './itself.ts'
import { laterRules } from './later-rules.ts'
import { placement } from './placement.ts'
import { routing } from './routing.ts'
import { answers, deadlines, queue } from './serving.ts'
import { factsOf, type SettingFacts } from './setting.ts'
import { warmPool } from './warm-pool.ts'

export const SETTINGS = {
  ...routing,
  ...laterRules,
  ...door,
  ...deadlines,
  ...queue,
  ...health,
  ...attestation,
  ...warmPool,
  ...placement,
  ...answers,
  ...itself,
}

export type SettingName = keyof typeof SETTINGS

export interface SettingEntry {
  readonly name: string
  /** What the settings beside it are about too. */
  readonly group: string
  readonly about: string
  /** As a scenario would write it. */
  readonly default: unknown
  readonly facts: SettingFacts
}

export function listSettings(): readonly SettingEntry[] {
  const groups: readonly (readonly [group: string, settings: { readonly [name: string]: z.ZodType }])[] = [
    ['routing', routing],
    ['rules that came after the tree of PR 432', laterRules],
    ['at the door', door],
    ['deadlines and attempts', deadlines],
    ['queue', queue],
    ['evictions, cooldowns, breakers', health],
    ['attestation', attestation],
    ['warm pool', warmPool],
    ['placement (PR 435)', placement],
    ['answers', answers],
    ['the coordinator itself', itself],
  ]
  return groups.flatMap(([group, settings]) =>
    Object.entries(settings).map(([name, schema]) => ({
      name,
      group,
      about: schema.description ?? '',
      default: writtenDefault(schema),
      facts: must(factsOf(schema), `no facts of ${name}`),
    })),
  )
}

function writtenDefault(schema: z.core.$ZodType): unknown {
  let bare = schema
  let written: unknown
  while (bare instanceof z.ZodDefault || bare instanceof z.ZodPrefault) {
    written = bare.def.defaultValue
    bare = bare.def.innerType
  }
  if (!(bare instanceof z.ZodObject)) return written
  return Object.fromEntries(Object.entries(bare.shape).map(([key, inner]) => [key, writtenDefault(inner)]))
}

export const isSetting = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name)

/** Undefined when it is no setting, under this very name. */
export function settingFacts(name: string): SettingFacts | undefined {
  return isSetting(name) ? factsOf(SETTINGS[name]) : undefined
}
