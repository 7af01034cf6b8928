/**
 * Is a policy safe to run? It is asked about states that the real coordinator answered and plays in random worlds with the judges of
 * the invariants on, everything twice. What must hold: no question ends in an error, nobody gets a request whom the gates
 * refuse, every request is accounted for, and the second time is like the first. Whether it is any good is not asked here.
 */
import { assert, InvariantError } from '../../base/assert.ts'
import { BadInputError, fail, ok, type Result } from '../../base/result.ts'
import { decideStates } from '../../lab/decide/decide.ts'
import { readStates } from '../../lab/decide/decide-source.ts'
import { policyOf } from '../../lab/policy/policy-parameters.ts'
import type { PolicySource } from '../../lab/runs/ports.ts'
import type { RequestCounts } from '../../metrics/result.ts'
import { type ParameterValue, type Policy, SURFACES } from '../../plug/index.ts'
import { type Files, loadScenario, type LoadedScenario } from '../../scenario/index.ts'
import { simulate } from '../../simulation.ts'
import { policyWorld } from './policy-worlds.ts'

export interface PolicyCheck {
  readonly source: PolicySource
  /** Written states, one a line, with what the real coordinator answered. */
  readonly states: { readonly name: string; readonly text: string }
  /** Numbers of the worlds. */
  readonly worlds: readonly number[]
  readonly signal: AbortSignal
  readonly onProgress: (share: number) => void
  pause(): Promise<void>
}

/** Something that came out otherwise the second time. */
export interface Unlike {
  readonly kind: 'state' | 'world'
  /** Of the state its id, of the world its number. */
  readonly name: string
  readonly first: string
  readonly second: string
}

export interface PolicyCheckResult {
  readonly policy: string
  readonly states: { readonly count: number; readonly decisions: number; readonly assigned: number }
  readonly worlds: {
    readonly count: number
    readonly events: number
    readonly arrived: number
    readonly served: number
    /** By the policy itself, with the reason it gave or `policy_refused`. */
    readonly refused: number
  }
  /** How often each surface the policy has was asked in the worlds, first time round. */
  readonly asked: { readonly [surface: string]: number }
  readonly unlike: readonly Unlike[]
}

/** Surfaces and what a policy has besides, where a question can go wrong. */
const ASKED = ['test', 'plan', 'exhausted', ...SURFACES] as const satisfies readonly (keyof Policy)[]

/** What routes by nothing is the standard answer, and nobody's own. A guard stands before the policy it guards. */
function isStandard(policy: Policy): boolean {
  const behind = Object.getPrototypeOf(policy) as Partial<Policy>
  return [policy.test, behind.test].some((test) => test?.routesBy === 'nothing')
}

/** The same policy; who asks is counted. */
function counted(policy: Policy, asked: Map<string, number>): Policy {
  const members: PropertyDescriptorMap = {}
  for (const name of ASKED) {
    const method: unknown = policy[name]
    if (typeof method !== 'function' || (name === 'test' && isStandard(policy))) continue
    asked.set(name, asked.get(name) ?? 0)
    const value = (...args: unknown[]): unknown => {
      asked.set(name, asked.get(name)! + 1)
      return (method as (this: unknown, ...of: unknown[]) => unknown).apply(policy, args)
    }
    if (name === 'test') Object.assign(value, { routesBy: policy.test.routesBy })
    members[name] = { value, enumerable: true }
  }
  return Object.create(policy, members) as Policy
}

export async function checkPolicy(check: PolicyCheck): Promise<Result<PolicyCheckResult>> {
  const found = policyOf(check.source)
  if (!found.ok) return found
  const written = readStates(check.states.name, check.states.text)
  if (!written.ok) return written
  const unlike: Unlike[] = []
  const rounds = [await askedAboutStates(check, written.value)]
  check.onProgress(0.25)
  rounds.push(await askedAboutStates(check, written.value))
  check.onProgress(0.5)
  const [first, second] = rounds
  if (!first!.ok) return first!
  if (!second!.ok) return second!
  for (const [id, answers] of first!.value.answers) {
    const again = second!.value.answers.get(id)!
    if (answers !== again) unlike.push({ kind: 'state', name: id, ...parted(answers, again) })
  }
  const asked = new Map<string, number>()
  let [events, arrived, served, refused] = [0, 0, 0, 0]
  for (const [place, number] of check.worlds.entries()) {
    const one = await playedIn(number, check, found.value, asked)
    if (!one.ok) return one
    const two = await playedIn(number, check, found.value, new Map())
    if (!two.ok) return two
    const { digest, counts } = one.value
    if (digest !== two.value.digest)
      unlike.push({ kind: 'world', name: String(number), first: digest, second: two.value.digest })
    events += one.value.events
    arrived += counts.arrived
    served += counts.served
    refused += counts.rejected['policy_refused'] ?? 0
    check.onProgress(0.5 + (0.5 * (place + 1)) / check.worlds.length)
  }
  return ok({
    policy: found.value.name,
    states: { count: written.value.length, decisions: first!.value.decisions, assigned: first!.value.assigned },
    worlds: { count: check.worlds.length, events, arrived, served, refused },
    asked: Object.fromEntries(asked),
    unlike,
  })
}

interface StatesAnswered {
  /** By the state's id, as text. */
  readonly answers: ReadonlyMap<string, string>
  readonly decisions: number
  readonly assigned: number
}

async function askedAboutStates(
  { source, signal, pause }: PolicyCheck,
  states: Extract<ReturnType<typeof readStates>, { readonly ok: true }>['value'],
): Promise<Result<StatesAnswered>> {
  const answers = new Map<string, string>()
  let [decisions, assigned] = [0, 0]
  const question = { states, policy: found(source), explained: false }
  try {
    for await (const state of decideStates(question, async () => await Promise.resolve(ok(source)))) {
      if (!state.ok) return state
      await pause()
      signal.throwIfAborted()
      const { document, decided } = state.value
      for (const [index, { answer }] of decided.requests.entries()) {
        const recorded = document.answers?.[index]
        assert(recorded !== undefined, `the recorded state ${document.id} has an answer to each of its requests`)
        for (const winner of answer.selection.winners) {
          const { passes_gates_but_breaker: passes, verdict } = recorded.machines[winner]!
          // A policy narrows. Should one of them ever widen, the gap is ours.
          assert(
            passes && verdict === 'ok',
            `state ${document.id}, request ${index}: machine ${winner} gets it, and the gates refuse it`,
          )
        }
        decisions += 1
        assigned += answer.selection.winners.length > 0 ? 1 : 0
      }
      answers.set(document.id, JSON.stringify([decided.requests.map(({ answer }) => answer), decided.ticks]))
    }
  } catch (error) {
    // States are asked one after the other.
    return wrongIn(`in the recorded state ${states[answers.size]?.document.id ?? ''}`, error)
  }
  return ok({ answers, decisions, assigned })
}

const found = (source: PolicySource): string => (source.kind === 'code' ? source.file : source.name)

interface Played {
  readonly digest: string
  readonly events: number
  readonly counts: RequestCounts
}

async function playedIn(
  number: number,
  { source, signal, pause }: PolicyCheck,
  { parameters: declared = {} }: Policy,
  asked: Map<string, number>,
): Promise<Result<Played>> {
  const { text, parameters } = policyWorld(number, declared)
  const scenario = await worldLoaded(number, text)
  // Anew for every run, as ever.
  const policy = policyOf(source)
  if (!policy.ok) return policy
  try {
    const { result } = await simulate({
      scenario,
      policy: counted(policy.value, asked),
      policyName: policy.value.name,
      seed: number,
      verify: true,
      signal,
      pause,
    })
    const { arrived, served, cancelled, in_flight, rejected, failed } = result.requests
    const ended = [...Object.values(rejected), ...Object.values(failed)].reduce((sum, count) => sum + count, 0)
    assert(arrived === served + cancelled + in_flight + ended, `world ${number}: requests are not accounted for`)
    return ok({ digest: result.digest, events: result.events, counts: result.requests })
  } catch (error) {
    return wrongIn(`in world ${number}${settingsText(parameters)}`, error)
  }
}

async function worldLoaded(number: number, text: string): Promise<LoadedScenario> {
  const files: Files = { read: async () => await Promise.resolve(text), resolve: (_, relative) => relative }
  const loaded = await loadScenario(`world-${number}.json`, files)
  // Ours to write well.
  assert(
    loaded.ok,
    loaded.ok ? '' : `world ${number} is no scenario: ${loaded.error.map((each) => each.message).join('; ')}`,
  )
  return loaded.value
}

const settingsText = (parameters: { readonly [name: string]: ParameterValue }): string =>
  Object.entries(parameters)
    .map(([name, value]) => `, policy.${name}=${String(value)}`)
    .join('')

/** What is wrong with the policy, and where it came out. What is wrong with us is thrown on. */
function wrongIn(place: string, error: unknown): Result<never> {
  if (error instanceof InvariantError) throw new InvariantError(`${error.message}, ${place}`)
  if (!(error instanceof BadInputError)) throw error
  return fail(error.problems.map((problem) => ({ ...problem, message: `${problem.message}, ${place}` })))
}

/** From where two texts differ on. */
function parted(one: string, other: string): { readonly first: string; readonly second: string } {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  const from = Math.max(0, at - 40)
  return { first: one.slice(from, at + 20), second: other.slice(from, at + 20) }
}
