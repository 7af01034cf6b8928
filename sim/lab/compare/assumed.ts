/** What several runs rest on without anybody knowing it: each input once, or once per value where arms differ in it. */
import type { AssumedInput } from '../../base/assumed.ts'
import type { RunResult } from '../../metrics/result.ts'

export interface GatheredAssumed extends AssumedInput {
  /** Arms with this value; absent: all of them. */
  readonly arms?: readonly string[]
}

/** `result`: one of an older format has no list. */
interface AssumingRun {
  readonly place: string
  readonly result: Partial<Pick<RunResult, 'assumed'>>
}

export function gatheredAssumed(runs: readonly AssumingRun[]): readonly GatheredAssumed[] {
  const places = new Set(runs.map(({ place }) => place))
  const found = new Map<string, { readonly input: AssumedInput; readonly arms: Set<string> }>()
  for (const { place, result } of runs) {
    for (const input of result.assumed ?? []) {
      const key = JSON.stringify(input)
      const known = found.get(key) ?? { input, arms: new Set<string>() }
      known.arms.add(place)
      found.set(key, known)
    }
  }
  const inputs: GatheredAssumed[] = []
  for (const { input, arms } of found.values())
    inputs.push(arms.size === places.size ? input : { ...input, arms: [...arms] })
  return inputs
}
