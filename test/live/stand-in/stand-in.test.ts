/** The stand-in coordinator itself, between a Mac of a few lines and plain HTTP: what others test against must stand. */
import { afterEach, describe, expect, it } from 'vitest'
import { StandInCoordinator, type StandInOptions } from './coordinator.ts'
import { HandMadeMac, type HandMadeMacOptions } from './hand-made-mac.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function aCoordinator(options: StandInOptions = {}): Promise<StandInCoordinator> {
  const coordinator = await StandInCoordinator.start(options)
  closing.push(() => coordinator.stop())
  return coordinator
}

async function aMac(coordinator: StandInCoordinator, options: Partial<HandMadeMacOptions> = {}): Promise<HandMadeMac> {
  const mac = new HandMadeMac(coordinator.webSocketUrl, { models: ['m'], ...options })
  closing.push(() => mac.leave())
  await coordinator.nextAttested()
  return mac
}

const ask = (coordinator: StandInCoordinator, body: object = {}, key = 'sim-key', signal?: AbortSignal) =>
  fetch(`${coordinator.httpUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  })

describe('the stand-in', () => {
  it('streams an answer, event by event, and cancels after it as the real one does', async () => {
    const coordinator = await aCoordinator()
    const mac = await aMac(coordinator)
    const answer = await ask(coordinator, { stream: true })
    expect(answer.status).toBe(200)
    const text = await answer.text()
    expect(text.match(/t\d /g)).toEqual(['t0 ', 't1 ', 't2 '])
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(mac.bodies).toMatchObject([{ model: 'm', stream: true }])
    await expect.poll(() => mac.frames.at(-1)?.type).toBe('cancel')
  })

  it('answers whole where no stream was asked for, under the build behind an alias', async () => {
    const coordinator = await aCoordinator({ aliases: { public: 'm' } })
    const mac = await aMac(coordinator)
    const answer = await ask(coordinator, { model: 'public' })
    expect(await answer.json()).toMatchObject({
      choices: [{ message: { content: 't0 t1 t2 ' } }],
      usage: { completion_tokens: 3 },
    })
    expect(mac.bodies).toMatchObject([{ model: 'm' }])
  })

  it('asks another Mac when one fails before content, and none after', async () => {
    const coordinator = await aCoordinator()
    await aMac(coordinator, { error: { status_code: 500, error: 'x' } })
    await aMac(coordinator)
    expect((await ask(coordinator)).status).toBe(200)
    expect(coordinator.routes.map(({ final_status }) => final_status)).toEqual(['error', 'success'])
    const broken = await aCoordinator()
    await aMac(broken, { diesAfter: 1 })
    await aMac(broken)
    const text = await (await ask(broken, { stream: true })).text()
    expect(text).toContain('t0')
    expect(text).toContain('provider failed')
    expect(broken.routes).toHaveLength(1)
  })

  it('lets wait, refuses beyond its queue, and tells the Mac of a client who has gone', async () => {
    const coordinator = await aCoordinator({ slotsPerMac: 1, queueMax: 1 })
    const mac = await aMac(coordinator, { mute: true })
    const leaves = new AbortController()
    const first = ask(coordinator, {}, 'sim-key', leaves.signal).catch(() => 'left')
    await expect.poll(() => mac.bodies.length).toBe(1)
    const second = ask(coordinator, { stream: true }, 'sim-key', leaves.signal).catch(() => 'left')
    await expect.poll(() => coordinator.bodies.length).toBe(2)
    const third = await ask(coordinator)
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '2'])
    leaves.abort()
    expect([await first, await second]).toEqual(['left', 'left'])
    await expect.poll(() => mac.frames.at(-1)?.type).toBe('cancel')
    expect(coordinator.rejections).toMatchObject([
      { http_status: 429, reason_code: 'machine_busy', retry_after_ms: 2000 },
    ])
  })

  it('lets nobody in without a key, and only the admin to its exports', async () => {
    const coordinator = await aCoordinator()
    expect((await ask(coordinator, {}, 'wrong')).status).toBe(401)
    expect((await ask(coordinator)).status).toBe(503)
    const rows = (key: string, format: string) =>
      fetch(`${coordinator.httpUrl}/v1/admin/rejections/export?format=${format}`, {
        headers: { authorization: `Bearer ${key}` },
      })
    expect((await rows('sim-key', 'csv')).status).toBe(401)
    expect(await (await rows('sim-admin', 'ndjson')).json()).toMatchObject({ reason_code: 'no_provider' })
    expect(await (await rows('sim-admin', 'csv')).text()).toMatch(/^request_id,stage,reason_code.*\n.*no_provider/)
  })
})
