/** What is known of a request that it may share with others: the attributes by which populations are told apart. */
import { poolTracks } from '../../fleet/lane-tracks.ts'
import { stepAt } from '../../fleet/machine-slots.ts'
import { derive, type TraceIndex } from '../trace-index.ts'
import { FATES, NO_REASON, requestFacts } from '../request-facts.ts'

export const ATTRIBUTES = [
  'model',
  'prompt size',
  'answer size',
  'ended',
  'reason',
  'pool',
  'slot found',
  'times sent',
  'attempt',
  'chip',
  'Mac',
] as const
export type Attribute = (typeof ATTRIBUTES)[number]

export interface AttributeColumn {
  readonly attribute: Attribute
  readonly values: readonly string[]
  /** By request: place in `values`. */
  readonly of: Uint16Array
}

/** Upper ends of classes of sizes in tokens. */
const SIZES = [128, 512, 2_048, 8_192, 32_768] as const

const sizeNames = [
  `to ${SIZES[0]} tokens`,
  ...SIZES.slice(1).map((most, i) => `${SIZES[i]! + 1} – ${most} tokens`),
  `above ${SIZES.at(-1)!} tokens`,
]
const sizeOf = (tokens: number): number => {
  const place = SIZES.findIndex((most) => tokens <= most)
  return place < 0 ? SIZES.length : place
}

const NOWHERE = 'sent nowhere'
const COUNTS = ['sent nowhere', 'once', 'twice', 'three times or more'] as const
const ATTEMPTS = ['first of its user', 'second', 'third or later'] as const

/** By request: of its last dispatch the Mac's pool and the slot the coordinator saw. */
function sending(index: TraceIndex) {
  const { store, machineOf, requests } = index
  const { names, tracks } = poolTracks(index)
  const pool = new Uint16Array(requests.arrivedAt.length)
  const slot = new Uint16Array(requests.arrivedAt.length)
  const slots: string[] = [NOWHERE]
  const sent = store.column('dispatched', 'request')
  const at = store.column('dispatched', 'at')
  const to = store.column('dispatched', 'provider')
  const state = store.column('dispatched', 'slotState')
  for (let i = 0; i < sent.length; i += 1) {
    const track = tracks[machineOf[to[i]!] ?? -1]
    // 0: sent nowhere, 1: a Mac without a pool, then pools.
    pool[sent[i]!] =
      1 + (track === undefined || track.starts.length === 0 ? 0 : track.values[stepAt(track.starts, at[i]!)]!)
    const name = store.texts.text(state[i]!)
    if (!slots.includes(name)) slots.push(name)
    slot[sent[i]!] = slots.indexOf(name)
  }
  return { pool, poolNames: [NOWHERE, 'no pool', ...names], slot, slotNames: slots }
}

/** By request: which attempt of its user it is, at us. */
function attempts({ requests }: TraceIndex): Uint16Array {
  const before = new Map<number, number>()
  return Uint16Array.from(requests.user, (user) => {
    const count = before.get(user) ?? 0
    before.set(user, count + 1)
    return Math.min(count, ATTEMPTS.length - 1)
  })
}

const from = (column: ArrayLike<number>, of: (value: number) => number): Uint16Array =>
  Uint16Array.from({ length: column.length }, (_, i) => of(column[i]!))

export const attributeColumns = (index: TraceIndex): readonly AttributeColumn[] =>
  derive(index, 'trace/attributes', () => {
    const facts = requestFacts(index)
    const { machine, dispatches, completionTokens, endedAt } = index.requests
    const { machines } = index.names
    const { pool, poolNames, slot, slotNames } = sending(index)
    const chips = [...new Set(machines.map(({ chip }) => chip))]
    const chipOf = machines.map(({ chip }) => chips.indexOf(chip) + 1)
    const answers = ['no answer', ...sizeNames]
    return [
      { attribute: 'model', values: facts.models, of: Uint16Array.from(facts.model) },
      { attribute: 'prompt size', values: sizeNames, of: from(facts.promptTokens, sizeOf) },
      {
        attribute: 'answer size',
        values: answers,
        of: Uint16Array.from(completionTokens, (tokens, i) =>
          tokens === 0 || endedAt[i]! < 0 ? 0 : sizeOf(tokens) + 1,
        ),
      },
      { attribute: 'ended', values: FATES.map((fate) => FATE_NAMES[fate]), of: Uint16Array.from(facts.fate) },
      {
        attribute: 'reason',
        values: ['not refused', ...facts.reasons],
        of: from(facts.reason, (reason: number) => (reason === NO_REASON ? 0 : reason + 1)),
      },
      { attribute: 'pool', values: poolNames, of: pool },
      { attribute: 'slot found', values: slotNames, of: slot },
      {
        attribute: 'times sent',
        values: COUNTS,
        of: from(dispatches, (count: number) => Math.min(count, COUNTS.length - 1)),
      },
      { attribute: 'attempt', values: ATTEMPTS, of: attempts(index) },
      {
        attribute: 'chip',
        values: [NOWHERE, ...chips],
        of: from(machine, (place: number) => (place < 0 ? 0 : chipOf[place]!)),
      },
      {
        attribute: 'Mac',
        values: [NOWHERE, ...machines.map(({ serial }) => serial)],
        of: from(machine, (place: number) => place + 1),
      },
    ]
  })

export const FATE_NAMES = {
  in_flight: 'in flight at the end',
  good: 'served within the SLO',
  late: 'served outside the SLO',
  refused: 'refused with 429',
  failed: 'failed or refused otherwise',
  cancelled: 'cancelled',
} as const satisfies { readonly [fate in (typeof FATES)[number]]: string }
