/**
 * PR 435 (facts: coordinator-control §1.2-1.4, coordinator-routing §16), never merged. Only a policy that plans reads them, so
 * naming it is the first switch; the pull request shipped all three switches off.
 */
import { z } from 'zod'
import { byName, duration, within } from '../../base/config.ts'
import { type MoreFacts, ours, real } from './setting.ts'

const PLANNING_POLICY: MoreFacts = { notHere: 'Read only under a policy that plans, such as placement.' }

export const placement = {
  ASSIGNMENT_GATE_ENABLED: real(
    z.boolean().default(true),
    'A machine with an assignment serves that model only.',
    'PR 435, off by default there',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_ENABLED: real(
    z.boolean().default(true),
    'Plan assignments at every warm-pool tick.',
    'PR 435, off by default there',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_ENFORCE: real(
    z.boolean().default(true),
    'Send them; off: shadow mode, plans are recorded only.',
    'PR 435, off by default there',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_MIN_DWELL: ours(
    duration().prefault('5m'),
    'How long an assigned machine is not moved again.',
    'tests of PR 435; its own name could not be read',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_PRIORITY: ours(
    byName(within(-1_000_000, 1_000_000)).prefault({}),
    'Priority per build; higher takes machines first.',
    'tests of PR 435; its own name could not be read',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_COUNTS_FAILED: ours(
    z.boolean().default(true),
    'A failed or stuck assignment counts as a machine of its pool; false mends it.',
    'review finding on PR 435',
    PLANNING_POLICY,
  ),
  ASSIGN_MODEL_MIN_VERSION: ours(
    z
      .string()
      .regex(/^(?:v?\d+(?:\.\d+){0,2})?$/, { error: 'must be a version such as 0.7.0, or empty' })
      .default(''),
    'First provider version that understands assign_model; empty: all do.',
    'PR 435',
    PLANNING_POLICY,
  ),
}
