/** What an arm is, in six words at most: a built-in by its entry here, any other by its policy and what it sets. */

const BUILTIN: { readonly [policy: string]: string } = {
  open: 'any Mac that advertises a model',
  real: 'a real coordinator, in real time',
  'pools-c636354': 'sticky pools by the first alias',
  'pools-1a5822c': 'one strict test, unrelated stay unassigned',
  'pools-d678140': 'third commit, routes as pools-1a5822c',
  'pools-25fdd11': 'first-pool seeds, no cold load beside',
  'pools-afe8135': 'one pool per Mac, relabelled idle',
  'dedicated-family': 'Gemma 4 on its own Macs',
  placement: 'explicit assignments, moved by demand',
  pools: 'pools with every review finding mended',
  'pools-draining': 'pools; full ones drain half-idle ones',
  'least-loaded': 'fewest requests in flight',
  'power-of-two': 'the cheaper of two drawn Macs',
  'fewest-queued-tokens': 'least work ahead, by decode rate',
  'prefill-aware': 'long prompts avoid slow readers',
  'reserve-macs': 'keeps Macs free for one model',
  'sticky-account': 'an account stays on its Mac',
  'demand-share': 'Macs dealt by share of demand',
  'deadline-admission': 'refuses what would miss its deadline',
  'forgetting-floor': 'a decode floor that forgets',
  'exploring-floor': 'a decode floor that is explored',
  'shed-by-price': 'when full, refuses cheapest accounts first',
}

export const WORDS_MAX = 6

/** An arm as a scenario writes it. */
export interface WrittenArm {
  readonly policy: string
  readonly as: string
  /** `path=value`. */
  readonly settings: readonly string[]
}

const builtinWords = (policy: string): string | undefined =>
  Object.hasOwn(BUILTIN, policy) ? BUILTIN[policy] : undefined

/** `coordinator.MIN_DECODE_TPS=0` → `MIN_DECODE_TPS 0`. */
function settingWords(setting: string): string {
  const at = setting.indexOf('=')
  const [path, value] = [setting.slice(0, at), setting.slice(at + 1)]
  return `${path.split('.').at(-1)} ${value.replaceAll('"', '')}`
}

function shortened(text: string): string {
  const words = text.split(' ')
  return words.length <= WORDS_MAX ? text : `${words.slice(0, WORDS_MAX).join(' ')} …`
}

export function wordsOfArm({ policy, as, settings }: WrittenArm): string {
  if (settings.length === 0) return builtinWords(policy) ?? (policy === as ? 'a policy of your own' : policy)
  return shortened([policy, ...settings.map(settingWords)].join(', '))
}

/** Of an arm of which only the name is known. */
export const wordsOfName = (name: string): string => builtinWords(name) ?? ''
