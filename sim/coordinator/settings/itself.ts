/** The coordinator as a machine of its own, and what it measures. */
import { z } from 'zod'
import { durationWithin, period } from '../../base/config.ts'
import { ours, positiveCount } from './setting.ts'

export const itself = {
  decision: ours(
    z
      .strictObject({
        // Median overhead measured in production (facts coordinator-control §5.3).
        service: durationWithin('0', '10s').prefault('23ms').describe('What one routing decision takes.'),
        // Assumed: nobody has published what a scan costs apart from the 23 ms, which hold it for the fleet of that time.
        per_provider: durationWithin('0', '100ms')
          .prefault(0)
          .describe('What a decision takes on top per machine that advertises the build. Assumed; 0 = nothing.'),
        // Assumed: 175,223 selections/h = 48.7/s at 23 ms (control §5.1, #757) keep 1.1 servers busy; 8 leave it unsaturated.
        servers: positiveCount().default(8).describe('Decisions made at the same time.'),
        // Off: with 0 nothing waits for the lock. 16us are derived: 175,223 selections/h over 1,283 Macs (control §5.1, #757)
        // went through one lock, so none held it for longer than 20.5 ms.
        lock_per_provider: durationWithin('0', '100ms')
          .prefault(0)
          .describe(
            'How long a decision, a retry like a first one, holds the lock that all share, whatever their model, per machine connected: it scans the whole fleet under it (PR 793 of 31 August took the scan out). At most 16us, derived from 48.7 selections/s on 1,283 Macs; 0 = no lock.',
          ),
      })
      .prefault({}),
    'The coordinator’s own queue for routing decisions.',
    '23 ms: median overhead of the report of 25 July (579); 8 servers are assumed. Stands for ROUTING_CONCURRENCY',
    { notHere: 'Locks other than the one of `lock_per_provider`.' },
  ),
  METRICS_INTERVAL: ours(period().prefault('10s'), 'Period of the pool gauges and the isolation audit.', 'assumed'),
}
