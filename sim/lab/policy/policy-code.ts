/**
 * A user's policy from its bundled code. The code is evaluated anew for every run: what a policy remembers in its
 * module must not leak from one seed into the next, or the number of workers would change the results.
 */
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { completePolicy, type Policy } from '../../plug/index.ts'
import { policyGlobals } from './policy-globals.ts'
import { guarded, messageOf, type SourcePlaces, STEP, StepCounter, TooManyStepsError } from './policy-guard.ts'
import { exportProblems, shapeProblems } from './policy-shape.ts'
import type { PolicyPlaces } from '../runs/ports.ts'

/** A script that leaves the module's exports in a variable of this name. */
export const POLICY_EXPORTS = 'fleetlabPolicy'

/** Lines of the evaluated function before the script's first: the engine's own two, then ours. */
const HEADER_LINES = 4

/** Evaluates bundled code. `file` names it in messages. */
export function policyFromCode(code: string, file: string, places?: PolicyPlaces): Result<Policy> {
  const steps = new StepCounter()
  const globals = new Map([...policyGlobals(), [STEP, steps.step]])
  const found = placesIn(code, places)
  let exported: unknown
  try {
    // The code is the user's own file, run on the user's own machine; parameters are the only way to shadow its globals.
    // eslint-disable-next-line no-new-func, typescript/no-implied-eval
    const evaluate = new Function(
      ...globals.keys(),
      `"use strict";\nvar ${POLICY_EXPORTS} = {};\n${code}\nreturn ${POLICY_EXPORTS}`,
    )
    exported = (evaluate as (...values: unknown[]) => { readonly default?: unknown })(...globals.values()).default
  } catch (error) {
    const what =
      error instanceof TooManyStepsError
        ? 'never ends while it is loaded'
        : `failed while it was loaded: ${messageOf(error)}`
    return fail([{ file, ...found.ofError(error), message: what }])
  }
  const located = (problem: Problem): Problem => ({ ...problem, ...found.ofMember(problem.path?.split('.')[0] ?? '') })
  const wrong = exportProblems(exported, file)
  if (wrong.length > 0) return fail(wrong.map(located))
  const policy = completePolicy(exported as Partial<Policy>)
  const problems = shapeProblems(policy, file)
  return problems.length > 0 ? fail(problems.map(located)) : ok(guarded(policy, file, steps, found))
}

function placesIn(code: string, places: PolicyPlaces | undefined): SourcePlaces {
  const at = (line: number): Pick<Problem, 'file' | 'line'> | undefined => {
    const place = places?.lines[line - 1]
    return place === undefined || place === null ? undefined : { file: places!.files[place[0]]!, line: place[1] }
  }
  return {
    ofError(error) {
      const stack = error instanceof Error ? (error.stack ?? '') : ''
      for (const [, line] of stack.matchAll(/<anonymous>:(\d+):\d+/g)) {
        const place = at(Number(line) - HEADER_LINES)
        if (place !== undefined) return place
      }
      return undefined
    },
    ofMember(name) {
      if (places === undefined || !/^\w+$/.test(name)) return undefined
      const member = new RegExp(String.raw`^\s*(?:async\s+)?["']?${name}["']?\s*[(:=,]`)
      const line = code.split('\n').findLastIndex((each, index) => member.test(each) && at(index + 1) !== undefined)
      return line === -1 ? undefined : at(line + 1)
    },
  }
}
