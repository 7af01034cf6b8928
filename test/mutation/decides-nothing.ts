/**
 * Numbers that no test through the coordinator's door can pin, because no decision depends on their value; each with the
 * reason. A name excuses both steps, or one of them where `up` or `down` is added.
 */
export const DECIDES_NOTHING: { readonly [constant: string]: string } = {
  'aliases.ts UNCONSTRAINED.request': 'stands for "no request"; only rows of relabels would show it',
  'arrival-watch.ts REQUESTS_MAX': 'how many requests are written beside a state',
  'arrival-watch.ts FOLLOWED': 'for how long',
  'capacity.ts KV_TOKENS_MAX up': '6,250 GiB of KV are more than the 1,024 GB a machine may report',
  'capacity.ts KV_TOKENS_MAX down': 'as above: 15 · 2^20 tokens are still too many for any machine',
  'capacity.ts KV_TOKENS_MAX#2 up': 'as above',
  'capacity.ts KV_TOKENS_MAX#3': 'as above: 2^19 as well as 2^21',
  'capacity.ts MAX_TOKENS_DEFAULT': 'admission injects a limit before anybody is asked (§1.4)',
  'warm-pool.ts WARM_POOL_LOAD_DURATION_THRESHOLD': 'telemetry: no decision reads it, here or there',
  'warm-pool.ts WARM_POOL_FALLBACK_QUALITY_CONCURRENCY': 'every machine has a cap (§4.3), so it is never unknown',
  'health-cost.ts THERMAL_MS.critical': 'a critical machine is excluded before it is priced',
  'rebuilt-fleet.ts NOW': 'any instant after what a written state says was before',
  'machine.ts LEAST_s': 'a reservation that has run out has run out, however long ago',
  'intake.ts LIMITS.modelLoadTime_ms': 'reported load times are kept for the operator, nothing decides on them',
  'last-error.ts NOBODY.status': 'the loop goes on only after an error, which is remembered and answered instead',
  'provider-record.ts TRUST_RANK.none': 'only the order of the ranks counts, and whether hardware is reached',
  'provider-record.ts TRUST_RANK.hardware up': 'as above',
  'provider-record.ts TRUST_RANK.self_signed down': 'as above',
  'provider-record.ts PLAIN_REQUEST.id': 'stands for "no request"; only rows of relabels would show it',
  'provider-record.ts PLAIN_REQUEST.promptTokens':
    'the check after a failed load asks whether anybody has or lacks room',
  'provider-record.ts PLAIN_REQUEST.maxTokens': 'as above',
  'provider-record.ts PLAIN_REQUEST.maxTtft_ms': 'the quick check has no ceiling',
  'provider-record.ts PLAIN_REQUEST.minDecodeTps': 'the quick check has no floor',
  'provider-record.ts PLAIN_REQUEST.affinity': 'the quick check chooses nobody',
  'offer.ts STATE_PENALTY_MS.reloading': 'a reloading slot is never routed to, so never priced',
  'offer.ts STATE_PENALTY_MS.crashed': 'a crashed slot is never routed to, so never priced',
}
