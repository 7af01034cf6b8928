/** Rows of Macs as the coordinator hears them: connections, and what heartbeats said. */
import { SLOT_STATES, THERMAL_STATES } from '../../protocol/words.ts'
import { count, kind, type Kinds, large, nameOf, oneOf, real } from '../column.ts'
import { build, machine, provider } from './shared-columns.ts'

export const PROVIDER_ROWS = {
  registered: kind('A Mac connected (or connected again).', {
    provider,
    machine,
    serial: nameOf('serial'),
    chip: nameOf('chip'),
    memory_gb: real('GB'),
  }),
  disconnected: kind('A connection was lost, or the coordinator gave a silent Mac up.', {
    provider,
    why: oneOf(['socket', 'evicted']),
  }),
  heartbeat: kind(
    'What a heartbeat said, as the coordinator understood it: written when it is not what the one before said, and as a sample once a minute.',
    {
      provider,
      status: oneOf(['idle', 'serving']),
      memoryPressure: real('share'),
      cpuUsage: real('share'),
      thermalState: oneOf(THERMAL_STATES),
      gpuMemoryActive_gb: real('GB'),
      freeForLoad_gb: real('GB', '-1: not reported'),
      slots: count('in the report; a slot row whose place is beyond them holds no more'),
    },
  ),
  slot: kind(
    'One slot of a heartbeat, after the row of the heartbeat if it has one: written when it is not what it was.',
    {
      provider,
      place: count('in the report, from 0'),
      build,
      state: oneOf(SLOT_STATES),
      running: count('requests in it, those still prefilling included'),
      waiting: count("requests in the engine's own queue"),
      activeTokens: large('tokens', 'of the requests in it'),
      budgetUsed: large('tokens'),
      budgetMax: large('tokens'),
      observedDecodeTps: real('tok/s', '0: not reported'),
    },
  ),
} as const satisfies Kinds
