/** Which machine a request goes to: pools, cold dispatch, the decode floor, what a long prompt costs. */
import { z } from 'zod'
import { name as aName, within } from '../../base/config.ts'
import { amount, count, real } from './setting.ts'

export const routing = {
  MODEL_POOLS_ENABLED: real(
    z.boolean().default(true),
    'Run-time kill switch of the model pools.',
    'PR 432, which was never merged',
    { notHere: 'Only the pools-* policies ask; `open` is the tree without pools.' },
  ),
  REJECT_MODELS: real(
    z.array(aName()).default([]),
    'Builds or aliases answered 429 model_shed before any work.',
    'cmd/coordinator/main.go; PR 406',
  ),
  COLD_DISPATCH: real(
    z.boolean().default(true),
    'A request may go to a machine that must load the model first.',
    'api/cold_dispatch.go; PR 381, 383 (the text of PR 389 calls off the safe default)',
    { words: 'on and off' },
  ),
  QUEUE_BEFORE_SHED: real(
    z.boolean().default(true),
    'Capacity rejections queue instead of answering machine_busy.',
    'api/cold_dispatch.go; PR 381, 383',
    { words: 'on and off' },
  ),
  MIN_DECODE_TPS: real(
    amount().default(15),
    'Soft floor on the projected decode rate, tokens/s; 0 = none.',
    'cmd/coordinator/main.go; PR 381, 383',
  ),
  PREFILL_DECODE_RATIO: real(
    within(-1_000_000, 1_000_000).default(12),
    'Prefill rate assumed per decode rate where none is registered; 0 or less is ignored.',
    'registry/scheduler.go; 12 since PR 383, 4 before',
  ),
  LONG_PROMPT_TOKENS: real(
    count().default(0),
    'Prompts of this many tokens cost extra; 0 = off.',
    'cmd/coordinator/main.go; off unless set',
  ),
  LONG_PROMPT_PREFILL_WEIGHT: real(
    within(-1_000_000, 1_000_000).default(2),
    'Weight of the prefill of a long prompt, at least 1.',
    'cmd/coordinator/main.go',
  ),
}
