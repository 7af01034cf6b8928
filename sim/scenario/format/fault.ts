/**
 * Faults of the timeline: what happens to which Macs, and for how long. What lasts adds up: faults of one kind that
 * overlap or touch are one from the first begin to the last end, whoever asked for them (the timeline or `churn:`); of
 * two slow spells the harder holds while both last. Kinds do not end one another.
 */
import { z } from 'zod'
import { duration, name, positiveDuration, share, wholeWithin } from '../../base/config.ts'
import type { Micros } from '../../base/time.ts'
import type { NewProgram } from '../../mac/config.ts'

/** Exactly one of the two is given. */
interface Whom {
  /** Of the connected Macs. */
  readonly fraction: number | undefined
  /** Serials. */
  readonly machines: readonly string[] | undefined
}

/** `away`, `lasts`: how long; the others end by themselves. */
export type FaultAction =
  | (Whom & { readonly kind: 'disconnect'; readonly away: Micros | undefined })
  | (Whom & { readonly kind: 'crash' })
  | (Whom & { readonly kind: 'update'; readonly to: NewProgram })
  | (Whom & { readonly kind: 'sleep' | 'stall' | 'silence' | 'broken' | 'attestation_outage'; readonly lasts: Micros })
  | (Whom & { readonly kind: 'trust'; readonly level: (typeof LEVELS)[number] })
  | (Whom & { readonly kind: 'register'; readonly firstBeatAfter: Micros | undefined })
  | (Whom & { readonly kind: 'slow'; readonly lasts: Micros; readonly speed: number })

const LEVELS = ['none', 'self_signed', 'hardware', 'untrusted'] as const

const whom = {
  fraction: share().optional().describe('This share of the connected Macs, drawn at random.'),
  machines: z.array(name()).min(1).optional().describe('These Macs, by serial.'),
}

const lasts = positiveDuration().describe(
  'How long it lasts, from then on and at once. Overlapping ones of a kind last to the latest end.',
)

function fault<T extends z.ZodRawShape>(more: T) {
  const schema = z.strictObject({ ...whom, ...more })
  return schema.refine(
    (input) => {
      const { fraction, machines } = input as { fraction?: unknown; machines?: unknown }
      return (fraction === undefined) !== (machines === undefined)
    },
    { error: 'needs either `fraction` or `machines`' },
  )
}

/** By the key of a timeline entry. */
export const faultSchemas = {
  disconnect: fault({
    for: duration()
      .optional()
      .describe(
        'How long there is no connection, to be counted asleep and through restarts too; several last to the latest end. Absent: they reconnect as the provider program does.',
      ),
  })
    .optional()
    .describe('Macs lose their connection.'),
  crash: fault({})
    .optional()
    .describe(
      'The provider program ends at once. A watchdog restarts it after 5 to 6 minutes; then it hashes its models, and nothing is loaded.',
    ),
  sleep: fault({ for: lasts })
    .optional()
    .describe(
      'Macs sleep: nothing computed, sent or heard, and the running GPU step stands still. After more than 30 s the connection is lost on waking; models stay resident.',
    ),
  slow: fault({
    speed: share()
      .refine((value) => value >= 0.01, { error: 'must be at least 1%; a GPU that stands still is a `stall`' })
      .describe(
        'Of the GPU, in per cent of what it would be, from the middle of a step on; the lowest of those that last.',
      ),
    for: lasts,
  })
    .optional()
    .describe('GPUs are slowed down by something unknown.'),
  stall: fault({ for: lasts })
    .optional()
    .describe(
      'GPUs stand still, in the middle of a step: such a Mac accepts requests, sends the first empty chunk and then nothing.',
    ),
  broken: fault({ for: lasts })
    .optional()
    .describe('Engines fail whatever they are given: such a Mac accepts requests and answers each with a 500 at once.'),
  silence: fault({ for: lasts }).optional().describe('Heartbeats are not sent; everything else goes on.'),
  attestation_outage: fault({ for: lasts })
    .optional()
    .describe('Attestation challenges go unanswered: after three in a row nothing is routed to such a Mac.'),
  trust: fault({
    level: z
      .enum(LEVELS)
      .describe(
        'none, self_signed or hardware: until the next such entry. untrusted: until its connection ends, whatever comes meanwhile.',
      ),
  })
    .optional()
    .describe('What attestation says of Macs from now on; the coordinator knows at once.'),
  register: fault({
    first_heartbeat_after: duration()
      .optional()
      .describe('When the first heartbeat follows; absent: one heartbeat interval later.'),
  })
    .optional()
    .describe(
      'Macs lose their connection and register anew at once, in the order named, or when a `disconnect` with `for` is over. Models stay resident.',
    ),
  update: fault({
    version: name().optional().describe('Of the new program; absent: that of the old one.'),
    max_model_slots: wholeWithin(1, 1_000)
      .optional()
      .describe('backend.max_model_slots from the restart on; absent: unchanged.'),
  })
    .optional()
    .describe(
      'The provider program updates itself: it refuses new requests, waits up to 120 s for those under way, and restarts with nothing loaded.',
    ),
}

type FaultKind = keyof typeof faultSchemas
export const FAULTS = Object.keys(faultSchemas) as readonly FaultKind[]

type Given = { readonly [kind in FaultKind]?: z.output<(typeof faultSchemas)[kind]> }

/** The one fault that the entry names. */
export function faultOf(entry: Given): FaultAction | undefined {
  const { disconnect, crash, sleep, slow, stall, silence, broken, update, attestation_outage, trust, register } = entry
  if (disconnect !== undefined) return { kind: 'disconnect', ...those(disconnect), away: disconnect.for }
  if (crash !== undefined) return { kind: 'crash', ...those(crash) }
  if (update !== undefined) {
    return { kind: 'update', ...those(update), to: { version: update.version, maxModelSlots: update.max_model_slots } }
  }
  if (sleep !== undefined) return { kind: 'sleep', ...those(sleep), lasts: sleep.for }
  if (stall !== undefined) return { kind: 'stall', ...those(stall), lasts: stall.for }
  if (broken !== undefined) return { kind: 'broken', ...those(broken), lasts: broken.for }
  if (silence !== undefined) return { kind: 'silence', ...those(silence), lasts: silence.for }
  if (slow !== undefined) return { kind: 'slow', ...those(slow), lasts: slow.for, speed: slow.speed }
  if (attestation_outage !== undefined) {
    return { kind: 'attestation_outage', ...those(attestation_outage), lasts: attestation_outage.for }
  }
  if (trust !== undefined) return { kind: 'trust', ...those(trust), level: trust.level }
  if (register !== undefined) {
    return { kind: 'register', ...those(register), firstBeatAfter: register.first_heartbeat_after }
  }
  return undefined
}

/** Undefined where the file says nothing. */
const those = (given: { fraction?: number | undefined; machines?: string[] | undefined }): Whom => ({
  fraction: given.fraction,
  machines: given.machines,
})
