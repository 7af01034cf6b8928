/**
 * Every recorded answer of the real coordinator, held against ours, figure by figure: what was drawn is in the documents, and
 * what was measured there must come out here.
 */
import { describe, expect, it } from 'vitest'
import { coordinatorSettingsSchema } from '../../../sim/coordinator/config.ts'
import { settingsWritten } from '../../../sim/coordinator/document/format.ts'
import { decide } from '../../../sim/coordinator/document/decide.ts'
import { DecideComparison } from '../../../sim/lab/decide/decide-compare.ts'
import { open } from '../../../sim/policy/open.ts'
import { recordedStates } from './recorded.ts'

/** Each at least once per request or machine. */
const FIGURES = [
  'preflight.candidates',
  'preflight.capacity',
  'preflight.too_large',
  'preflight.best_ttft_ms',
  'machines.passes_gates',
  'machines.passes_gates_but_breaker',
  'machines.verdict',
  'machines.effective_cap',
  'machines.projected_decode_tps',
  'machines.cost.state_ms',
  'machines.cost.queue_ms',
  'machines.cost.pending_ms',
  'machines.cost.backlog_ms',
  'machines.cost.this_request_ms',
  'machines.cost.health_ms',
  'machines.cost.total_ms',
  'machines.cost.ttft_ms',
  'machines.cost.effective_queue',
  'machines.cost.effective_tps',
  'selection.candidates',
  'selection.capacity',
  'selection.too_large',
  'selection.vision',
  'selection.ttft',
  'selection.best_ttft_ms',
  'selection.winners',
  'probes.vision',
  'probes.tools',
  'cold_spill_machines',
  'warm',
  'swap_candidates',
  'servability',
  'resolve',
  'ticks.target',
  'ticks.warm',
  'ticks.cold',
  'ticks.running',
  'ticks.waiting',
  'ticks.quality_concurrency',
  'ticks.demand',
  'ticks.loads',
]

/** Figures compared: a file that was cut, or a reader that skips, would agree with everything. */
const COMPARED = { 'states-rich': 120_000, 'states-plain': 20_000, 'states-wild': 10_000 } as const

describe('every recorded answer of the real coordinator is ours', () => {
  for (const [name, atLeast] of Object.entries(COMPARED) as [keyof typeof COMPARED, number][]) {
    it(`${name}: winners, verdicts, costs, counts, probes, resolution and the warm pool's plans`, () => {
      const comparison = new DecideComparison()
      for (const state of recordedStates(name)) {
        const settings = coordinatorSettingsSchema.parse(settingsWritten(state))
        comparison.add(state, decide(state, { policy: open, settings, explained: false }))
      }
      const { figures } = comparison
      expect(figures.filter(({ different }) => different > 0)).toEqual([])
      expect(figures.map(({ figure }) => figure)).toEqual(expect.arrayContaining(FIGURES))
      expect(figures.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(atLeast)
    })
  }
})
