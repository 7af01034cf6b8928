/** Sockets that are cut, refused, silent or full of something else; and Macs that leave by themselves. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { FRAME_BYTES_MAX } from '../../../sim/live/wire/frames.ts'
import { aCoordinator, BUILD, chat, meet, scenarioText, startFleet } from '../a-fleet.ts'
import { StandInCoordinator } from '../stand-in/coordinator.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const MAC = `
    machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio, os_memory: 8GB}
    advertises: [${BUILD}]
    resident: [${BUILD}]`
const four = scenarioText({ fleet: `\n  - count: 4${MAC}` })

describe('a connection that is lost', () => {
  it('is made anew by the Mac, which is the same one and still has its model', async () => {
    const { mac, coordinator, fleet } = await meet()
    mac.cut()
    const again = await coordinator.nextAttested()
    expect(again.registration).toEqual(mac.registration)
    expect(await again.next('heartbeat')).toMatchObject({ warm_models: [BUILD] })
    expect(fleet.counts).toMatchObject({ connections: 2, lost: 1, unreachable: 0 })
  })

  it('takes the requests with it, and nothing of them is said on the next one', async () => {
    const { mac, coordinator, rows } = await meet()
    let events = 0
    const { answered } = mac.ask(chat({ metadata: { fleetlab_output_tokens: '2000' } }), {
      onEvent: () => ++events === 3 && mac.cut(),
    })
    expect((await answered).end.type).toBe('disconnected')
    const again = await coordinator.nextAttested()
    expect((await again.ask(chat()).answered).end.type).toBe('inference_complete')
    expect(again.complaints).toEqual([])
    expect(rows.filter((row) => row.kind === 'work').map(({ outcome }) => outcome)).toEqual(['cancelled', 'finished'])
  })

  it('is made anew by every Mac when the coordinator has died and is back, however long that took', async () => {
    const first = await aCoordinator()
    const { fleet } = await startFleet(first.webSocketUrl, { text: four })
    for (let i = 0; i < 4; i++) await first.nextAttested()
    const { port } = first
    await first.stop()
    // Every Mac has tried in vain at least once.
    await expect.poll(() => fleet.counts.unreachable, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(8)
    const second = await StandInCoordinator.start({ port })
    closing.push(() => second.stop())
    for (let i = 0; i < 4; i++) await second.nextAttested()
    expect(new Set(second.providers.map(({ registration }) => registration!.public_key)).size).toBe(4)
    expect(fleet.counts).toMatchObject({ connections: 8, lost: 4 })
  })

  it('is given up after 30 s without a sign of life', async () => {
    const { mac, coordinator } = await meet()
    // It hears no ping any more, and so does not answer one.
    mac.socket.pause()
    const again = await coordinator.nextAttested()
    expect(again.registration).toEqual(mac.registration)
  })
})

describe('a frame', () => {
  it('of 10 MiB is taken, and one byte more costs the connection', async () => {
    const { mac, coordinator, fleet } = await meet()
    const around = '{"type":"trust_status","trust_level":"none","status":""}'.length
    const frame = (bytes: number) =>
      ({ type: 'trust_status', trust_level: 'none', status: 'x'.repeat(bytes - around) }) as const
    mac.send(frame(FRAME_BYTES_MAX))
    expect((await mac.ask(chat()).answered).end.type).toBe('inference_complete')
    mac.send(frame(FRAME_BYTES_MAX + 1))
    await coordinator.nextAttested()
    expect(mac.open).toBe(false)
    expect(fleet.counts.heard).toMatchObject({ trust_status: 3 })
  })

  it('of a request with a prompt of 2 MB is served like any other', async () => {
    const { mac } = await meet()
    const content = 'sun '.repeat(500_000)
    const { end } = await mac.ask(chat({ metadata: { fleetlab_prompt_tokens: '50' } }, content)).answered
    expect(end).toMatchObject({ type: 'inference_complete', usage: { prompt_tokens: 50 } })
    const refused = await mac.ask(chat({}, content)).answered
    expect(refused.end).toMatchObject({ type: 'inference_error', status_code: 503 })
  })
})

describe('what the scenario does to Macs', () => {
  it('is done: one leaves and comes back, one falls silent and serves on, one ends', async () => {
    const fleet = ['a', 'b', 'c'].map((name) => `\n  - id: mac-${name}${MAC}`).join('')
    const more = `timeline:
  - {at: 12s, disconnect: {machines: [mac-a], for: 20s}}
  - {at: 12s, silence: {machines: [mac-b], for: 10m}}
  - {at: 12s, crash: {machines: [mac-c]}}
  - {at: 13s, set: {MODEL_POOLS_ENABLED: true}}`
    const { coordinator, mac: first, notes } = await meet({ text: scenarioText({ fleet, more }) })
    const [second, third] = [await coordinator.nextAttested(), await coordinator.nextAttested()]
    await expect.poll(() => [first, second, third].filter(({ open }) => !open).length, { interval: 1 }).toBe(2)
    const silent = [first, second, third].find(({ open }) => open)!
    const back = await coordinator.nextAttested()
    const beats = silent.frames.filter(({ type }) => type === 'heartbeat').length
    // It is back, and beats for five minutes; the silent one does not, and is as good as ever.
    for (let i = 0; i < 5; i++) await back.next('heartbeat')
    expect(silent.frames.filter(({ type }) => type === 'heartbeat')).toHaveLength(beats)
    expect((await silent.ask(chat()).answered).end.type).toBe('inference_complete')
    expect(notes).toEqual([
      'timeline: set MODEL_POOLS_ENABLED is for whoever operates the coordinator; nothing was done',
    ])
  })

  it('holds at the start too: who joins later is not there before, who answers no challenge is silent', async () => {
    const fleet = `\n  - id: mac-a${MAC}\n    answers_challenges: false\n  - id: mac-b${MAC}\n    joins: 30s`
    const coordinator = await aCoordinator()
    const { run } = await startFleet(coordinator.webSocketUrl, { text: scenarioText({ fleet }) })
    const mute = await coordinator.nextProvider()
    const late = await coordinator.nextAttested()
    expect(run.kernel.now).toBeGreaterThanOrEqual(30e6)
    expect(late.registration!.public_key).not.toBe(mute.registration!.public_key)
    expect(mute.attested).toBe(false)
  })
})

const failureAt = async (url: string): Promise<unknown> => {
  const { fleet, ended } = await startFleet(url, { text: four })
  expect(await ended).toBe('stopped')
  return fleet.failure
}
const listening = async (server: Server | ReturnType<typeof createTcpServer>): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/provider`
}

const webSocketsThat = (greet: (socket: WebSocket) => void): Promise<string> => {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', greet)
  closing.push(() => {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
  })
  return listening(server)
}

describe('whoever listens at the address', () => {
  it('is nobody', async () => {
    const server = createServer()
    const url = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await failureAt(url)).toEqual({ kind: 'nobody', message: 'nobody listens there' })
  })

  it('is a coordinator, on another path', async () => {
    const coordinator = await aCoordinator()
    expect(await failureAt(coordinator.webSocketUrl.replace('/ws/provider', '/elsewhere'))).toEqual({
      kind: 'nobody',
      message: 'answers with HTTP status 404 and opens no WebSocket; the path of a coordinator is /ws/provider',
    })
  })

  it('is a web server', async () => {
    const server = createServer((_, response) => response.writeHead(200).end('hello'))
    expect(await failureAt(await listening(server))).toMatchObject({
      message: expect.stringContaining('answers with HTTP status 200 and opens no WebSocket') as string,
    })
  })

  it('speaks neither', async () => {
    const url = await listening(createTcpServer((socket) => socket.end('220 smtp ready\r\n')))
    expect(await failureAt(url)).toMatchObject({
      message: expect.stringContaining('does not speak WebSocket') as string,
    })
  })

  it('echoes', async () => {
    const url = await webSocketsThat((socket: WebSocket) => {
      socket.on('message', (data: Buffer) => socket.send(data.toString('utf8')))
    })
    expect(await failureAt(url)).toEqual({
      kind: 'nobody',
      message: 'speaks another protocol: the first thing it said is a frame of the unknown type "register"',
    })
  })

  it('closes at once', async () => {
    const url = await webSocketsThat((socket: WebSocket) => socket.close(1008, 'go away'))
    expect(await failureAt(url)).toEqual({
      kind: 'nobody',
      message: 'closed the connection before it said anything (code 1008, "go away")',
    })
  })

  it('takes everything and says nothing', async () => {
    const url = await webSocketsThat(() => {})
    expect(await failureAt(url)).toEqual({
      kind: 'nobody',
      message: 'took the registrations and said nothing for 20 s; is it the coordinator?',
    })
  })
})
