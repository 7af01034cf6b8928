/** Values that once made a run spin, break or mean nothing: each is refused with the range in which a run ends. */
import { expect, it } from 'vitest'
import { GOOD, problems } from './world.ts'

const RATE = 'arrivals: {poisson: 6/s}'
const OSS = 'models: [gpt-oss-20b,'
const LENGTHS = 'lengths: {prompt: 500, output: 100}'
const EPOCH = 'arrival_s,prompt_tokens,output_tokens\n1700000000.5,100,20\n1700000010.5,100,20\n1700000020.5,100,20\n'

const own = (setting: string): string => `models: [{build: gpt-oss-20b, like: gpt-oss-20b, ${setting}},`

it.each([
  [
    'a thinner replay than can be waited for',
    RATE,
    'arrivals: {trace: t.csv, load: 0.000000001}',
    'arrivals.load must be from 0.001 to 1000',
  ],
  [
    'a stretch beyond the clock',
    RATE,
    'arrivals: {trace: t.csv, load: 0.000000001, stretch: true}',
    'arrivals.load must be from 0.001 to 1000',
  ],
  ['a replay of more requests than a run has', RATE, 'arrivals: {trace: t.csv, load: 1000}', undefined],
  [
    'a context read that takes years',
    OSS,
    own('kv_read_per_1k_ms: 1000000000000'),
    'models[0].kv_read_per_1k_ms must be from 0 to 100',
  ],
  [
    'a prefill that never ends',
    OSS,
    own('prefill_per_tflop: 1e-300'),
    'models[0].prefill_per_tflop must be from 0.1 to 1000000000',
  ],
  ['a droop after no token', OSS, own('prefill_half: 1e-300'), 'models[0].prefill_half must be from 100 to 1000000000'],
  [
    'a model that is larger in memory than the load gate knows',
    OSS,
    own('resident: 40GB'),
    'models[0].resident must be at most 14.5GB',
  ],
  [
    'a spread without meaning',
    LENGTHS,
    'lengths: {prompt: {lognormal: {median: 500, sigma: 50}}, output: 100}',
    'lognormal.sigma must be from 0 to 4',
  ],
  [
    'a prompt longer than any context',
    LENGTHS,
    'lengths: {prompt: 900000000, output: 100}',
    'lengths.prompt must be from 1 to 10000000',
  ],
  [
    'a wire of ten days',
    'name: small',
    'name: small\nnetwork: {one_way: 10d}',
    'network.one_way must be from 0 to 60s',
  ],
  [
    'more memory than a chip is sold with',
    'memory: 64GB',
    'memory: 512GB',
    'fleet[0].machine.memory must be from 48GB to 128GB: an M4 Max 40c is sold with 48GB, 64GB, 128GB',
  ],
  [
    'less memory than a chip is sold with',
    'memory: 64GB',
    'memory: 8GB',
    'fleet[0].machine.memory must be from 48GB to 128GB',
  ],
  [
    'an OS that leaves nothing',
    'memory: 64GB',
    'memory: 64GB, os_memory: 80GB',
    'fleet[0].machine.os_memory must be less than `memory`',
  ],
  [
    'a heartbeat without a pause',
    'name: small',
    'name: small\nmac: {heartbeat_interval: 1us}',
    'mac.heartbeat_interval must be from 100ms to 8784h',
  ],
  ['more heartbeats than can be waited for', 'count: 2', 'count: 50000', undefined],
  ['a month and a day', 'duration: 10m', 'duration: 745h', 'duration must be from 1us to 744h'],
  ['a month of a large fleet', 'duration: 10m', 'duration: 744h', undefined],
] as const)('%s', async (_name, from, to, message) => {
  expect(GOOD).toContain(from)
  const found = (await problems(GOOD.replace(from, to))).join('\n')
  if (message === undefined) expect(found).toBe('')
  else expect(found).toContain(message)
})

it('a month of fifty thousand Macs is more heartbeats than a run has', async () => {
  const text = GOOD.replace('duration: 10m', 'duration: 744h').replace('count: 2', 'count: 50000').replace('6/s', '1/s')
  expect((await problems(text)).join('\n')).toMatch(
    / makes \d+ heartbeats, sweeps and the like of 50000 Macs; a run has at most 2000000000$/,
  )
})

it('a replay makes no more requests than a run has', async () => {
  const text = GOOD.replace(RATE, 'arrivals: {trace: t.csv, load: 1000}').replace('duration: 10m', 'duration: 100h')
  expect((await problems(text)).join('\n')).toContain(
    'arrivals.load makes 360000000 requests in all; a run has at most 20000000',
  )
})

it('a recording in seconds since 1970 is one like others', async () => {
  const text = GOOD.replace(RATE, 'arrivals: {trace: epoch.csv}').replace(LENGTHS, 'lengths: {from: trace}')
  expect(await problems(text, { 'epoch.csv': EPOCH })).toEqual([])
})

it('a recording in milliseconds since 1970 is told apart from one in seconds', async () => {
  const text = GOOD.replace(RATE, 'arrivals: {trace: epoch.csv}')
  const found = await problems(text, { 'epoch.csv': EPOCH.replaceAll('1700000000.5', '1700000000500') })
  expect(found[0]).toBe('epoch.csv:2:1 arrival_s must be seconds, at most 9000000000, not `1700000000500`')
})
