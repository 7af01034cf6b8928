/** Rows of a run as a whole: its end with the books of demand, what the upstream router thinks of us, and a policy's own numbers. */
import { STANDINGS } from '../../base/uptime.ts'
import { count, flag, kind, type Kinds, micros, nameOf, oneOf, real } from '../column.ts'
import { model } from './shared-columns.ts'

export const RUN_ROWS = {
  model_books: kind("At the end of the run: the demand room's own count of one model's requests under way.", {
    model,
    open: count(),
    openMicros: micros('how many were open, added up over the run: request-microseconds'),
  }),
  run_ended: kind('Generation stopped: no event will come any more.', {
    inFlight: count('attempts of the upstream router at us'),
  }),
  router_view: kind(
    'What the upstream router thinks of our offer of a model from now on, where that decides traffic.',
    {
      model,
      standing: oneOf(STANDINGS, 'by uptime; unjudged: too few requests'),
      outage: flag('errors of the last seconds: others first'),
      capPerSecond: real('1/s', 'requests that may come to us first; -1: any number'),
    },
  ),
  policy_count: kind('A policy added to a counter of its own.', { counter: nameOf('metric'), by: real('') }),
  policy_gauge: kind('A gauge of a policy has another value from here on.', {
    gauge: nameOf('metric'),
    value: real(''),
  }),
} as const satisfies Kinds
