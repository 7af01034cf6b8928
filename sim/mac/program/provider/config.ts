/**
 * What makes a Mac a provider: how it stands with the coordinator, what it offers and when it comes. Part of an entry of
 * a scenario's `fleet:`, and of `mac:`. A key left out is good in its respect. CR-* cite coordinator-routing.md, PR-*
 * provider-runtime.md, by section.
 */
import { z } from 'zod'
import {
  bandwidthWithin,
  byName,
  duration,
  label,
  name,
  positiveDuration,
  share,
  within,
} from '../../../base/config.ts'

const builds = () => z.array(name()).prefault([])
const TRUST = ['none', 'self_signed', 'hardware'] as const
const tps = () => within(0.001, 1_000_000).optional()

/** Keys of a fleet entry. */
export const providerShape = {
  trust: z.enum(TRUST).prefault('hardware').describe('Of its attestation; public requests need hardware (CR-3 G7).'),
  runtime_verified: z.boolean().prefault(true).describe('Its runtime is a known one (CR-3 G8).'),
  private_text: z
    .boolean()
    .prefault(true)
    .describe('Keys, encryption, code attestation and privacy capabilities are all in order (CR-3 G9).'),
  private_only: z.boolean().prefault(false).describe('Never used for public requests (CR-3 G6).'),
  account: label().prefault('').describe("Its owner's account; empty: nobody the coordinator knows."),
  answers_challenges: z
    .boolean()
    .prefault(true)
    .describe('false: it answers no attestation challenge, so it is never fresh enough to be routed to (CR-3 G10).'),
  template_broken: builds().describe('Builds whose chat template its copy cannot render: never routed to (CR-3 G11).'),
  registered: z
    .strictObject({
      decode_tps: tps().describe('Decode benchmark, tokens/s.'),
      prefill_tps: tps().describe('Prefill benchmark, tokens/s.'),
    })
    .prefault({})
    .describe('Benchmarks it registers with. Absent, as from the program of June 2026 (PR-7): none.'),
  legacy: z.boolean().prefault(false).describe('Its heartbeats carry no capacity report (CR-1.1).'),
  disk: builds().describe('Builds on the disk and not offered: if one is desired, it is verified and not downloaded.'),
  weight_hashes: byName(label())
    .prefault({})
    .describe('What its files of a build hash to, where that is not what `models` pins; empty: unknown (CR-15.4 AL8).'),
  joins: duration()
    .optional()
    .describe('It connects only then, with a first heartbeat one interval later. Absent: it is there from the start.'),
}

const providerSchema = z.strictObject(providerShape)
export type ProviderAttributes = z.output<typeof providerSchema>

/** A good provider that is there from the start. */
export const GOOD_PROVIDER: ProviderAttributes = providerSchema.parse({})

/** Those of a fleet entry's keys that are a provider's attributes. */
export function providerAttributes(entry: ProviderAttributes): ProviderAttributes {
  const keys = Object.keys(providerShape) as (keyof ProviderAttributes)[]
  return Object.fromEntries(keys.map((key) => [key, entry[key]])) as ProviderAttributes
}

/** `mac.download`. */
export const downloadSchema = z.strictObject({
  rate: bandwidthWithin('0.001MB/s', '1000TB/s')
    .prefault('25MB/s')
    .describe('At which a build is fetched. Assumed: a home line of 200 Mbit/s, nothing is published.'),
  failure_share: share()
    .prefault('0%')
    .describe('Share of downloads that fail, at their end. No frequency is published.'),
  retry_after: z
    .array(positiveDuration())
    .prefault(['30s', '60s', '120s', '300s', '600s'])
    .describe('Waits before a failed download is tried again; then it waits until the build is desired anew (PR-8).'),
})
