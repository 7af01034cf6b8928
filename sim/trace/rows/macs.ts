/** Rows of truth: what Macs did and were, whatever anybody believed. */
import { THERMAL_STATES } from '../../protocol/words.ts'
import { count, flag, kind, type Kinds, large, micros, microsOrNever, nameOf, oneOf } from '../column.ts'
import { attempt, build, ERRORS, machine, request } from './shared-columns.ts'

export const MAC_ROWS = {
  load_started: kind('TRUTH from here on: what Macs did, whatever anybody believed. A Mac began to load a build.', {
    machine,
    build,
    cause: oneOf(['demand', 'command', 'assign'], '`assign`: the machine was assigned to the build (PR 435)'),
  }),
  load_ended: kind('A load ended.', {
    machine,
    build,
    ok: flag(),
    text: oneOf(ERRORS, "'' when ok"),
    took: micros("from the load's start, queueing at the gate excluded"),
  }),
  unloaded: kind('A Mac gave a build up.', {
    machine,
    build,
    why: oneOf(
      ['evicted', 'idle_timeout', 'post_load_check', 'restart', 'assigned', 'commanded'],
      '`assigned`: the machine was assigned to another build (PR 435); `commanded`: it was told to (a what-if)',
    ),
  }),
  download: kind('A Mac fetches a build that is desired of it; one that is on its disk is only verified.', {
    machine,
    build,
    what: oneOf(
      ['started', 'verified', 'failed', 'unwanted'],
      'verified: on offer from now on; unwanted: verified, and no longer desired',
    ),
  }),
  machine_state: kind(
    'Written whenever something but the bytes of KV, scratch, files and free changes. Memory adds up (INV-10): OS, weights, KV, scratch, files and free are `memoryBytes` + `compressedBytes`.',
    {
      machine,
      online: flag('connected and awake'),
      live: count('accepted and unfinished requests, those waiting for a load included'),
      unread: count(
        'requests that have come in and that the program has not looked at: its event loop stands still or sleeps',
      ),
      ghosts: count('rows nobody waits for any more that the GPU still works on'),
      loading: flag(),
      residentBuilds: count(),
      weightsBytes: large('bytes'),
      kvReservedBytes: large(
        'bytes',
        '(prompt + max_tokens) × bytes per token over live requests, KV already written included',
      ),
      osBytes: large('bytes'),
      memoryBytes: large('bytes', 'what the Mac has'),
      kvBytes: large('bytes', 'KV really written, that of ghosts and sliding windows included'),
      scratchBytes: large('bytes', "activations and the allocator's pool of freed buffers"),
      fileBytes: large('bytes', 'page cache: files of models'),
      freeBytes: large('bytes'),
      compressedBytes: large('bytes', 'beyond what the Mac has: compressed or swapped out'),
      speed_pct: count(
        "what the GPU's clock really allows of the cool Mac's speed, whatever the thermal state says",
        'percent',
      ),
      squeeze_pct: count('by how much compression and swapping stretch GPU steps; 100: not at all', 'percent'),
      thermalState: oneOf(THERMAL_STATES, 'as a heartbeat would report it'),
      idleCapable: large(
        'bits',
        'bit i: build i of the scenario could be served here now without hurting anybody: the Mac is online, wholly idle, has the build on disk, and holds it or has room to load it (evicting idle slots)',
      ),
    },
  ),
  gpu_busy: kind('The GPU was occupied without a break from `since` to `at`.', { machine, since: micros() }),
  work: kind(
    "One attempt's stay on a Mac ended, with what the GPU did for it. Tokens are conserved against what was delivered.",
    {
      machine,
      request,
      attempt,
      build,
      outcome: oneOf(['finished', 'cancelled', 'error', 'unfinished'], 'unfinished: the run ended first'),
      prefilledTokens: count('', 'tokens'),
      decodedTokens: count('', 'tokens'),
      receivedAt: micros('when the message came in'),
      admittedAt: microsOrNever('when the engine admitted it; -1: never'),
      firstTokenAt: microsOrNever('when the first token was there; -1: never'),
      solo_ns: large(
        'ns',
        "a finished attempt's stay on the same Mac idle, cool and with the model resident; 0: not finished",
      ),
    },
  ),
  delay: kind(
    'One share of what delayed a finished attempt on its Mac, just before its `work` row, by cause. All shares and `solo_ns` of the work row add up to its stay.',
    {
      machine,
      request,
      attempt,
      build,
      culprit: nameOf('build', 'a build, or one of the words', { also: ['ghosts', 'process', 'prefix_hit', 'none'] }),
      gpu_ns: large('ns'),
      memory_ns: large('ns'),
      thermal_ns: large('ns'),
      load_ns: large('ns'),
      queue_ns: large('ns'),
    },
  ),
  fault: kind('Something went wrong with a Mac, or an owner did something to it.', {
    machine,
    what: oneOf(
      [
        'crash',
        'sleep',
        'wake',
        'network_drop',
        'stall',
        'slow',
        'recovered',
        'silent',
        'broken',
        'update',
        'restarted',
        'watchdog',
        'attestation_outage',
      ],
      "`wake` ends a sleep, `restarted` a crash or an update when the fresh program registers, `recovered` every other fault that lasts; `watchdog` restarts one model's engine",
    ),
  }),
} as const satisfies Kinds
