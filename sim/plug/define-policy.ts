/**
 * From what a policy's author writes to what the coordinator asks. Everything may be left out but the name: what is not said
 * is as in `open`, where any machine that advertises a build may serve it.
 */
import type { Parameters, ValuesOf } from './parameters.ts'
import {
  type Plan,
  type PlanQuestion,
  type Policy,
  type PoolQuestion,
  type PoolVerdict,
  type RoutesBy,
  routingBy,
} from './policy.ts'
import { poolKeys } from './pool-keys.ts'
import type { BuildId } from '../base/ids.ts'
import type { PolicyView, Surfaces } from './surfaces.ts'

const ALLOWED: PoolVerdict = { allowed: true, why: 'no pools' }

/** What `open` does, for policies that do not care. */
const STANDARD = {
  about: '',
  maxModelSlotsDefault: 3,
  refusesColdBesideBusy: false,
  test: routingBy('nothing', () => ALLOWED),
  poolKeys,
} satisfies Omit<Policy, 'name'>

interface Test<View> {
  (question: PoolQuestion, view: View): PoolVerdict
  readonly routesBy?: RoutesBy
}

/** A policy as its author writes it. */
export interface PolicyDefinition<
  P extends Parameters = Parameters,
  State = unknown,
  Counter extends string = string,
  Gauge extends string = string,
> extends Surfaces<ValuesOf<P>, State, Counter, Gauge>,
    Partial<
      Pick<
        Policy,
        | 'about'
        | 'maxModelSlotsDefault'
        | 'refusesColdBesideBusy'
        | 'shedsAfterFallback'
        | 'shedIsDemand'
        | 'nearTie_ms'
      >
    > {
  /** What it goes by in results and on the command line. */
  readonly name: string
  /** `{ keep: whole(2, 'Macs kept free', { min: 0 }) }` */
  readonly parameters?: P
  /** Memory of a run, made anew at the start of each. */
  readonly state?: (parameters: ValuesOf<P>) => State
  readonly counters?: readonly Counter[]
  readonly gauges?: readonly Gauge[]
  readonly test?: Test<PolicyView<ValuesOf<P>, State, Counter, Gauge>>
  exhausted?(model: BuildId, view: PolicyView<ValuesOf<P>, State, Counter, Gauge>): number
  plan?(question: PlanQuestion, view: PolicyView<ValuesOf<P>, State, Counter, Gauge>): Plan
  readonly poolKeys?: Policy['poolKeys']
}

/** For a policy file: `export default definePolicy({ name: 'mine', … })`. */
export function definePolicy<
  const P extends Parameters = Record<never, never>,
  State = undefined,
  const Counter extends string = never,
  const Gauge extends string = never,
>(definition: PolicyDefinition<P, State, Counter, Gauge>): Policy {
  return completePolicy(definition as object)
}

/** The same with `open`'s answers where it has none; the very same where it has them all. */
export function completePolicy(definition: Partial<Policy>): Policy {
  const missing = Object.entries(STANDARD).filter(([name]) => definition[name as keyof Policy] === undefined)
  if (missing.length === 0) return definition as Policy
  // A class instance keeps its methods on its prototype, which a spread would lose.
  const isPlain = Object.getPrototypeOf(definition) === Object.prototype
  const complete: object = isPlain ? { ...definition } : (Object.create(definition) as object)
  return Object.assign(complete, Object.fromEntries(missing)) as unknown as Policy
}
