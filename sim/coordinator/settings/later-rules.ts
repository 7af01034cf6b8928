/** Rules that came after the tree that PR 432 was written against; off by default. Facts: coordinator-control §3.4, §3.8, §3.9. */
import { z } from 'zod'
import { byName, name as aName } from '../../base/config.ts'
import { amount, count, ours, positiveAmount, positiveCount, real } from './setting.ts'

export const laterRules = {
  DEDICATED_MODELS: real(
    z.array(aName()).default([]),
    'Parts of build ids: such a model uses only machines that advertise nothing else.',
    'registry/dedicated_models.go; PR 434 of 21 June, whose own default is gemma-4',
    { emptyList: 'none' },
  ),
  DEDICATED_QUEUE_BEFORE_SHED: ours(
    z.boolean().default(false),
    'Dedicated models queue like others instead of answering machine_busy.',
    'PR 512 of 4 July, without a switch',
  ),
  QUALITY_CONCURRENCY_CAP: real(
    z.boolean().default(false),
    'No more requests at once than keep WARM_POOL_DECODE_FLOOR_TPS each.',
    'registry/config.go; PR 437, 439 of 21 June, on by default there',
  ),
  QUALITY_CONCURRENCY_OVERCOMMIT: real(
    positiveAmount().default(2),
    'Factor on that cap.',
    'registry/config.go; 2.0 in June, 1.2 since PR 512',
    { formerly: ['QUALITY_CONCURRENCY_CAP_OVERCOMMIT'] },
  ),
  QUALITY_CONCURRENCY_OVERCOMMIT_BY_MODEL: real(
    byName(positiveAmount()).prefault({}),
    'The factor of single builds.',
    'registry/concurrency_cap.go; from July',
    {
      formerly: ['QUALITY_CONCURRENCY_CAP_BY_MODEL'],
      notHere: 'Builds are named exactly; the real one takes letters of either case.',
    },
  ),
  MODEL_SOLO_TPS_SEED: real(
    byName(positiveAmount()).prefault({}),
    'Decode rate of a lone request for that cap, tokens/s, by build or by `build@M4 Max` (`build@M4|Max` in an environment).',
    'registry/concurrency_cap.go; PR 524 of July',
    { notHere: 'A seed for the whole build is not lowered to the slowest class that has one of its own.' },
  ),
  QUALITY_CAP_PER_MODEL_TPS: real(
    z.boolean().default(false),
    'That rate is also learnt from heartbeats of machines with one request; seeds count either way.',
    'registry/concurrency_cap.go; PR 524 of July, on by default there',
  ),
  QUALITY_CAP_SOLO_MIN_SAMPLES: real(
    positiveCount().default(5),
    'Heartbeats from which a learnt rate is believed.',
    'registry/concurrency_cap.go; PR 524 of July',
  ),
  BATCH_SLOWDOWN: ours(
    amount().default(0.27),
    'Slow-down assumed per further request in a batch: solo / (1 + this x requests).',
    'constant of registry/scheduler.go: fitted to a 7B model on an M4 Max in June, 0.39 since July',
  ),
  SERVABILITY_GATE: real(
    z.boolean().default(false),
    'Refuse requests no machine could ever serve: context_exceeded, prompt_too_long.',
    'api/servability_gate.go; PR 410, off in June, on later',
  ),
  PROMPT_CALIBRATION: real(
    byName(positiveAmount()).prefault({ 'gpt-oss': 1.3 }),
    'Real over estimated prompt tokens by part of a build id, for that gate.',
    'api/prompt_calibration.go; PR 410',
    { separator: ':' },
  ),
  MAX_CAPACITY_ATTEMPTS: ours(
    count().default(0),
    'Attempts that may fail for lack of room before the answer is 429, and a prompt over the context ends at the first; 0 = no limit.',
    'constant of api/dispatch.go, 3 on 21 June (measured there) and since; not confirmed for the tree of PR 432',
  ),
}
