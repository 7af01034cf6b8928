/** Settings written down are read as the same settings, whatever they are. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CoordinatorSettings,
  coordinatorSettingsSchema,
  PRESET_NAMES,
  withPreset,
} from '../../../sim/coordinator/config.ts'
import { settingsWritten } from '../../../sim/coordinator/document/format.ts'
import { writtenSettings } from '../../../sim/coordinator/document/written-settings.ts'

const readBack = (settings: CoordinatorSettings): CoordinatorSettings =>
  coordinatorSettingsSchema.parse(
    settingsWritten({
      settings: JSON.parse(JSON.stringify(writtenSettings(settings))) as object as Record<string, unknown>,
    }),
  )

describe('settings written down', () => {
  it('are those of every preset again, and name no more than what differs from it', () => {
    for (const preset of PRESET_NAMES) {
      const settings = coordinatorSettingsSchema.parse(withPreset({ preset }))
      expect(readBack(settings)).toEqual(settings)
      // A document stands over an empty calibration of prompts, a scenario does not.
      expect(Object.keys(writtenSettings(settings))).toEqual(['preset', 'PROMPT_CALIBRATION'])
    }
  })

  it('keep durations to the microsecond, bytes to the byte, shares and lists as they are', () => {
    fc.assert(
      fc.property(
        fc.record({
          WARM_POOL_INTERVAL: fc.integer({ min: 100_000, max: 3e9 }).map((us) => `${us}us`),
          FRAME_LIMIT: fc.integer({ min: 0, max: 1e12 }).map((bytes) => `${bytes}B`),
          BREAKER_FAULT_SHARE: fc.integer({ min: 0, max: 100_000 }).map((share) => `${share / 1_000}%`),
          DEDICATED_MODELS: fc.array(fc.string({ minLength: 1 })),
          MIN_DECODE_TPS: fc.double({ min: 0, max: 1e6, noNaN: true }),
          WARM_POOL_MIN_WARM: fc.dictionary(fc.constantFrom('a', 'b@M4 Max', 'c'), fc.nat({ max: 1e9 })),
          decision: fc.record({
            service: fc.integer({ min: 0, max: 1e7 }).map((us) => `${us}us`),
            servers: fc.integer({ min: 1, max: 64 }),
          }),
        }),
        (written) => {
          const settings = coordinatorSettingsSchema.parse(written)
          expect(readBack(settings)).toEqual(settings)
        },
      ),
    )
  })
})
