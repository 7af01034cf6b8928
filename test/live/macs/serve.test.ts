/**
 * Simulated Macs on real sockets before the stand-in coordinator: every message of the protocol, both ways. Time is counted in
 * turns of the event loop, so nothing here waits for a clock, and nothing asserts how long anything took.
 */
import { describe, expect, it } from 'vitest'
import type { MacFrame } from '../../../sim/live/wire/frames.ts'
import { BUILD, chat, meet, OTHER, scenarioText } from '../a-fleet.ts'
import type { StandInProvider } from '../stand-in/provider.ts'

/** A Mac with room for both models, and neither of them loaded. */
const COLD = `
  - id: mac-a
    machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio, os_memory: 8GB}
    advertises: [${BUILD}, ${OTHER}]`
const cold = scenarioText({ fleet: COLD, models: `${BUILD}, ${OTHER}` })

const types = (mac: StandInProvider): readonly MacFrame['type'][] => mac.frames.map(({ type }) => type)

/** The text of an answer, from its events. */
function textOf(events: readonly string[]): string {
  return events
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)) as { choices: { delta: { content?: string } }[] })
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('')
}

describe('a simulated Mac', () => {
  it('registers first, with what it is and what it offers', async () => {
    const { mac } = await meet()
    expect(types(mac)[0]).toBe('register')
    expect(mac.registration).toMatchObject({
      hardware: { chip_name: 'Apple M4 Max', chip_family: 'M4', chip_tier: 'Max', memory_gb: 64, gpu_cores: 40 },
      backend: 'mlx-swift',
      encrypted_response_chunks: true,
      template_hashes: { sim: '0' },
    })
    expect(mac.registration!.models).toEqual([
      expect.objectContaining({ id: BUILD, size_bytes: 12_100_000_000, template_render_ok: true }),
    ])
    // A hash of ours would not be the catalog's, and the Mac would be shut out for it.
    expect(mac.registration!.models[0]).not.toHaveProperty('weight_hash')
    expect(mac.registration).not.toHaveProperty('attestation')
    expect(Object.keys(mac.registration!.privacy_capabilities)).toHaveLength(9)
    expect(Buffer.from(mac.registration!.public_key, 'base64')).toHaveLength(32)
  })

  it('answers each challenge with its nonce, its own key and no signature', async () => {
    const { mac } = await meet()
    mac.send({ type: 'attestation_challenge', nonce: 'bm9uY2U=', timestamp: '2026-06-01T00:00:00Z' })
    const answer = await mac.next('attestation_response')
    expect(answer).toMatchObject({
      nonce: 'bm9uY2U=',
      public_key: mac.registration!.public_key,
      sip_enabled: true,
      rdma_disabled: true,
    })
    expect(Buffer.from(answer.signature, 'base64').toString()).toBe('a simulated Mac does not sign')
  })

  it('beats with its slots, then says the same again while nothing happens, and counts what it has served', async () => {
    const { mac } = await meet()
    const first = await mac.next('heartbeat')
    expect(first).toMatchObject({
      status: 'idle',
      active_model: BUILD,
      warm_models: [BUILD],
      stats: { requests_served: 0, tokens_generated: 0 },
      system_metrics: { thermal_state: 'nominal' },
    })
    expect(first.backend_capacity!.slots).toMatchObject([
      { model: BUILD, state: 'idle', num_running: 0, num_waiting: 0 },
    ])
    // What is zero and optional is not said.
    expect(first.backend_capacity!.slots[0]).not.toHaveProperty('observed_decode_tps')
    expect(await mac.next('heartbeat')).toEqual(first)
    await mac.ask(chat()).answered
    const after = await mac.next('heartbeat')
    expect(after.stats).toEqual({ requests_served: 1, tokens_generated: 7 })
    expect(after.backend_capacity!.slots[0]).toHaveProperty('observed_decode_tps')
  })

  it('accepts a request, then sends a role, its text, the reason it ended, and the end', async () => {
    const { mac, fleet } = await meet()
    const { id, answered } = mac.ask(chat())
    const { events, end } = await answered
    const own = mac.frames.filter((frame) => 'request_id' in frame && frame.request_id === id).map(({ type }) => type)
    expect(own[0]).toBe('inference_accepted')
    expect(own.at(-1)).toBe('inference_complete')
    expect(events[0]).toContain('"role":"assistant"')
    expect(textOf(events)).toBe('the sun and sea are old yet ')
    expect(events.at(-2)).toContain('"finish_reason":"stop"')
    expect(events.at(-1)).toBe('data: [DONE]\n\n')
    expect(end).toMatchObject({ usage: { prompt_tokens: 100, completion_tokens: 7 } })
    expect(mac.complaints).toEqual([])
    expect(fleet.counts).toMatchObject({
      requests: 1,
      completed: 1,
      prompt_tokens: 100,
      completion_tokens: 7,
      errors: {},
    })
  })

  it('sends a token as soon as it is there, not all at the end', async () => {
    const { mac } = await meet()
    const { answered } = mac.ask(chat({ metadata: { fleetlab_output_tokens: '40' } }))
    const { events } = await answered
    // Role, forty tokens, reason, end; a turn of the clock is shorter than a step.
    expect(events).toHaveLength(43)
  })

  it('ends at max_tokens, and says so', async () => {
    const { mac } = await meet()
    const { events, end } = await mac.ask(chat({ max_tokens: 3 })).answered
    expect(textOf(events)).toBe('the sun and ')
    expect(events.at(-2)).toContain('"finish_reason":"length"')
    expect(end).toMatchObject({ usage: { completion_tokens: 3 } })
  })

  it('works as long on a prompt as it is long, and as a client of ours says it is', async () => {
    const { mac, rows } = await meet()
    await mac.ask(chat({}, 'sun '.repeat(2_000))).answered
    await mac.ask(chat({ metadata: { fleetlab_prompt_tokens: '31', fleetlab_output_tokens: '2' } })).answered
    const work = rows.filter((row) => row.kind === 'work')
    expect(work).toMatchObject([
      { outcome: 'finished', prefilledTokens: 2_000, decodedTokens: 7 },
      { outcome: 'finished', prefilledTokens: 31, decodedTokens: 2 },
    ])
  })

  it('takes an alias for what the coordinator, or else the scenario, desires under it', async () => {
    const text = scenarioText({ more: `aliases:\n  public: {desired: ${BUILD}}` })
    const { mac } = await meet({ text })
    expect((await mac.ask(chat({ model: 'public' })).answered).end.type).toBe('inference_complete')
    mac.send({ type: 'desired_models', models: [{ model_name: 'other', desired_build: BUILD }] })
    expect((await mac.ask(chat({ model: 'other' })).answered).end.type).toBe('inference_complete')
    expect((await mac.ask(chat({ model: 'nobody' })).answered).end).toMatchObject({
      type: 'inference_error',
      error: 'model load failed: The operation could not be completed.',
      error_reason: 'model_load',
    })
  })

  it('loads when it is told to, says how that went, and says at once when there is nothing to do', async () => {
    const { mac } = await meet({ text: cold })
    mac.send({ type: 'load_model', model_id: OTHER })
    expect(await mac.next('load_model_status')).toEqual({
      type: 'load_model_status',
      model_id: OTHER,
      status: 'started',
    })
    expect(await mac.next('load_model_status')).toMatchObject({ status: 'succeeded' })
    await mac.next('heartbeat', ({ warm_models }) => warm_models.includes(OTHER))
    mac.send({ type: 'load_model', model_id: OTHER })
    expect(await mac.next('load_model_status')).toMatchObject({ status: 'succeeded' })
    mac.send({ type: 'load_model', model_id: 'nobody' })
    expect(await mac.next('load_model_status')).toMatchObject({ status: 'started' })
    expect(await mac.next('load_model_status')).toMatchObject({ status: 'failed', error: 'not found' })
  })

  it('accepts before it loads, reports no slot of what it loads, and hears nothing else meanwhile', async () => {
    const { mac } = await meet({ text: cold })
    const first = mac.ask(chat())
    await mac.next('inference_accepted')
    const second = mac.ask(chat())
    mac.send({ type: 'attestation_challenge', nonce: 'bm9uY2U=', timestamp: '2026-06-01T00:00:00Z' })
    const { events } = await first.answered
    await second.answered
    const after = types(mac).slice(types(mac).indexOf('inference_accepted') + 1)
    const ofOthers = after.filter((type) => type !== 'inference_response_chunk' && type !== 'heartbeat')
    // The first request has its model before the second is accepted and the challenge answered.
    expect(ofOthers).toEqual(['inference_accepted', 'attestation_response', 'inference_complete', 'inference_complete'])
    expect(textOf(events)).not.toBe('')
    expect(mac.frames.find(({ type }) => type === 'heartbeat')).toMatchObject({
      warm_models: [],
      backend_capacity: { slots: [] },
    })
  })

  it('ends what is cancelled: with 499 before any text, with what there is after it', async () => {
    const { mac, fleet } = await meet()
    const early = mac.ask(chat({ metadata: { fleetlab_output_tokens: '5000' } }), {
      onAccepted: () => mac.send({ type: 'cancel', request_id: early.id }),
    })
    expect((await early.answered).end).toMatchObject({
      type: 'inference_error',
      status_code: 499,
      error: 'request cancelled',
    })
    let tokens = 0
    const late = mac.ask(chat({ metadata: { fleetlab_output_tokens: '5000' } }), {
      onEvent: () => ++tokens === 5 && mac.send({ type: 'cancel', request_id: late.id }),
    })
    const { events, end } = await late.answered
    if (end.type !== 'inference_complete') throw new Error(`ended with ${end.type}`)
    expect(end.usage.completion_tokens).toBeLessThan(5_000)
    expect(textOf(events)).toHaveLength(4 * end.usage.completion_tokens)
    expect(fleet.counts).toMatchObject({ cancelled: 2, completed: 1, errors: { 499: 1 } })
  })

  it('does not mind a cancel of what has ended, or of what it has never heard of', async () => {
    const { mac, fleet } = await meet()
    const { id, answered } = mac.ask(chat())
    await answered
    mac.send({ type: 'cancel', request_id: id })
    mac.send({ type: 'cancel', request_id: 'nobody' })
    expect((await mac.ask(chat(), { id }).answered).end.type).toBe('inference_complete')
    await mac.next('heartbeat', ({ stats }) => stats.requests_served === 2)
    expect(fleet.counts).toMatchObject({ cancelled: 0, completed: 2, not_understood: {} })
    expect(fleet.counts.heard['cancel']).toBeGreaterThanOrEqual(3)
  })

  it('refuses what it cannot open and what is no chat', async () => {
    const { mac, fleet } = await meet()
    const request = { ephemeral_public_key: Buffer.alloc(32, 1).toString('base64'), ciphertext: 'AAAA' }
    mac.send({ type: 'inference_request', request_id: 'a', encrypted_body: request })
    expect(await mac.next('inference_error')).toMatchObject({
      request_id: 'a',
      status_code: 400,
      error: 'decryption failed',
    })
    mac.send({ type: 'inference_request', request_id: 'b', encrypted_body: { ...request, ephemeral_public_key: '' } })
    expect(await mac.next('inference_error')).toMatchObject({ request_id: 'b', error: 'decryption failed' })
    expect((await mac.ask('no JSON').answered).end).toMatchObject({ status_code: 400, error: 'invalid request body' })
    expect(fleet.counts.not_understood).toEqual({ 'decryption failed': 2, 'invalid request body': 1 })
  })

  it('refuses pictures for a model of texts', async () => {
    const { mac } = await meet()
    const content = [{ type: 'image_url', image_url: { url: 'data:,' } }]
    const { end } = await mac.ask({ model: BUILD, messages: [{ role: 'user', content }] }).answered
    expect(end).toMatchObject({ status_code: 400, error: 'model does not support image or video input' })
  })

  it('fetches what is desired, and says how far it is and what it offers then', async () => {
    const text = scenarioText({ models: `${BUILD}, ${OTHER}`, more: 'mac: {download: {rate: 10GB/s}}' })
    const { mac } = await meet({ text })
    mac.send({
      type: 'desired_models',
      models: [{ model_name: 'x', desired_build: OTHER, previous_build: BUILD }],
    })
    expect(await mac.next('prefetch_model_status')).toMatchObject({ model_id: OTHER, status: 'started' })
    expect(await mac.next('prefetch_model_status')).toMatchObject({ model_id: OTHER, status: 'verified' })
    expect(await mac.next('models_update')).toMatchObject({
      models: [{ id: OTHER, is_vision: true, quantization: '4bit' }],
    })
  })

  it('fetches what it is told to, and says that it cannot where the scenario has no such model', async () => {
    const text = scenarioText({ models: `${BUILD}, ${OTHER}`, more: 'mac: {download: {rate: 10GB/s}}' })
    const { mac } = await meet({ text })
    mac.send({ type: 'prefetch_model', model_id: 'nobody' })
    expect(await mac.next('prefetch_model_status')).toMatchObject({ model_id: 'nobody', status: 'failed' })
    mac.send({ type: 'prefetch_model', model_id: OTHER })
    expect(await mac.next('prefetch_model_status')).toMatchObject({ status: 'started' })
    expect(await mac.next('prefetch_model_status')).toMatchObject({ status: 'verified' })
  })

  it('takes trust and runtime reports in silence', async () => {
    const { mac, fleet } = await meet()
    mac.send({ type: 'trust_status', trust_level: 'none', status: 'untrusted', reason: 'x' })
    mac.send({ type: 'runtime_status', verified: false, mismatches: [{ component: 'c', expected: 'a', got: 'b' }] })
    mac.sendRaw('{"type":"runtime_status","verified":true,"mismatches":null}')
    mac.sendRaw('{"type":"desired_models","models":null}')
    await mac.ask(chat()).answered
    expect(fleet.counts.heard).toMatchObject({ runtime_status: 2, trust_status: 2, desired_models: 2 })
    expect(fleet.counts.not_understood).toEqual({})
  })

  it('counts what it does not understand, and goes on', async () => {
    const { mac, fleet } = await meet()
    mac.sendRaw('{')
    mac.sendRaw('[]')
    mac.sendRaw('{"type":"assign_model","model_id":"x"}')
    mac.sendRaw('{"type":"cancel"}')
    mac.sendRaw('{"type":"constructor"}')
    mac.sendRaw(Buffer.from([1, 2, 3]))
    expect((await mac.ask(chat()).answered).end.type).toBe('inference_complete')
    expect(fleet.counts.not_understood).toEqual({
      'a frame that is not JSON': 1,
      'a frame without a type': 1,
      'a frame of the unknown type "assign_model"': 1,
      'a frame cancel whose request_id is not what it should be': 1,
      'a frame of the unknown type "constructor"': 1,
      'a frame that is not text': 1,
    })
  })

  it('draws lengths of answers from the demand of the scenario', async () => {
    const demand = `
  - requests: [{at: 1s, model: ${BUILD}, prompt: 10, output: 2}, {at: 2s, model: ${BUILD}, prompt: 10, output: 5}]`
    const { mac } = await meet({ text: scenarioText({ demand }) })
    const lengths: number[] = []
    for (let i = 0; i < 12; i++) {
      const { end } = await mac.ask(chat()).answered
      if (end.type === 'inference_complete') lengths.push(end.usage.completion_tokens)
    }
    expect(lengths).toHaveLength(12)
    expect(new Set(lengths)).toEqual(new Set([2, 5]))
  })
})
