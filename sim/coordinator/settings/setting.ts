/**
 * What a setting is: a schema with its default, and beside it what it means, where its name and default come from, and what it
 * does not do here. `fleetlab settings`, the JSON Schema and the messages read them from here alone.
 *
 * `real` are variables that the real program reads, or read at some time of 2026. `ours` are its constants, and rules that came
 * without a switch; they are named in the same manner and take no prefix.
 */
import { z } from 'zod'
import { wholeWithin, within } from '../../base/config.ts'
import type { FlagWords } from '../../base/environment.ts'

/** No counter of the real system, and no request, comes near. */
const COUNT_MAX = 1_000_000_000
export const count = () => wholeWithin(0, COUNT_MAX)
export const positiveCount = () => wholeWithin(1, COUNT_MAX)
/** Tokens per second, milliseconds, factors. */
export const amount = () => within(0, 1_000_000)
export const positiveAmount = () => within(0.001, 1_000_000)

export interface SettingFacts {
  /** Whether the real program reads a variable of this name. */
  readonly named: 'real' | 'ours'
  /** Where the name and the default come from. */
  readonly source: string
  /** What the real one does with it and the lab does not. */
  readonly notHere?: string
  /** Other names it goes by. */
  readonly formerly?: readonly string[]
  /** Words of a flag in an environment file. */
  readonly words?: FlagWords
  /** Between key and value of a map in an environment file. */
  readonly separator?: '=' | ':'
  /** What an empty list is called there. */
  readonly emptyList?: string
}

const FACTS = z.registry<SettingFacts>()

export const factsOf = (schema: z.ZodType): SettingFacts | undefined => FACTS.get(schema)

function setting<S extends z.ZodType>(schema: S, about: string, facts: SettingFacts): S {
  const described = schema.describe(about)
  FACTS.add(described, facts)
  return described
}

export type MoreFacts = Omit<SettingFacts, 'named' | 'source'>

export const real = <S extends z.ZodType>(schema: S, about: string, source: string, more: MoreFacts = {}): S =>
  setting(schema, about, { ...more, named: 'real', source })
export const ours = <S extends z.ZodType>(schema: S, about: string, source: string, more: MoreFacts = {}): S =>
  setting(schema, about, { ...more, named: 'ours', source })
