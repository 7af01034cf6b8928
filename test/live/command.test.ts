/** `fleetlab serve` as a whole: what it prints, and by which exit code it ends. In real time, so each is short. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fleetlab, type InProcess } from '../cli/in-process.ts'
import { aCoordinator, chat, scenarioText } from './a-fleet.ts'

let folder = ''
let scenario = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-serve-'))
  scenario = join(folder, 's.yaml')
  writeFileSync(scenario, scenarioText())
})
afterAll(() => rmSync(folder, { recursive: true }))

const serve = (words: readonly string[], stop = new AbortController()): Promise<InProcess> =>
  fleetlab(['serve', ...words], { signal: stop.signal })

describe('fleetlab serve', () => {
  it('serves until it is stopped, and then says what happened', async () => {
    const coordinator = await aCoordinator()
    const stop = new AbortController()
    const served = serve([scenario, '--coordinator', coordinator.webSocketUrl, '--json'], stop)
    const mac = await coordinator.nextAttested()
    expect((await mac.ask(chat()).answered).end.type).toBe('inference_complete')
    stop.abort()
    const { code, out, err } = await served
    expect(code).toBe(130)
    expect(err).toMatch(/^1 Macs, ws:\/\/127\.0\.0\.1:\d+\/ws\/provider, for 3600 s; Ctrl-C stops them/)
    expect(JSON.parse(out)).toMatchObject({
      format: 'fleetlab.serve/1',
      ended: 'stopped',
      machines: 1,
      connections: 1,
      requests: 1,
      completed: 1,
      completion_tokens: 7,
      sent: { register: 1, attestation_response: 1, inference_accepted: 1, inference_complete: 1 },
      not_understood: {},
    })
    await expect.poll(() => mac.open).toBe(false)
  })

  it('ends by itself when its time is up', async () => {
    const coordinator = await aCoordinator()
    const { code, out } = await serve([scenario, '--coordinator', coordinator.webSocketUrl, '--for', '0.3s'])
    expect(code).toBe(0)
    expect(out).toMatch(/live, seed 1, before ws:/)
    expect(out).toMatch(/late timers +\d+ of \d+ by more than 10 ms/)
  })

  it('takes nobody for a coordinator who says nothing until the end', async () => {
    const coordinator = await aCoordinator({ silent: true })
    const url = coordinator.webSocketUrl
    const { code, err, out } = await serve([scenario, '--coordinator', url, '--for', '1.2s'])
    expect(code).toBe(2)
    expect(err).toBe(
      `error: --coordinator ${url}: took the registrations and said nothing for 1 s; is it the coordinator?\n`,
    )
    expect(out).toBe('')
  })

  it('takes only addresses of this machine', async () => {
    const { code, err, out } = await serve([scenario, '--coordinator', 'ws://192.168.0.1/ws/provider'])
    expect(code).toBe(2)
    expect(err).toBe(
      'error: --coordinator ws://192.168.0.1/ws/provider: is not an address of this machine; simulated Macs and clients go to localhost, 127.0.0.0/8 or [::1] only, as in ws://127.0.0.1:8080/ws/provider\n',
    )
    expect(out).toBe('')
  })

  it('says in one message that nobody listens', async () => {
    const coordinator = await aCoordinator()
    const url = coordinator.webSocketUrl
    await coordinator.stop()
    const { code, err, out } = await serve([scenario, '--coordinator', url])
    expect(code).toBe(2)
    expect(err).toBe(`error: --coordinator ${url}: nobody listens there\n`)
    expect(out).toBe('')
  })

  it.each([
    [['--coordinator', 'ws://127.0.0.1:1/', '--for', '0s'], /--for <time>.*It must be a time such as 10m/],
    [['--coordinator', 'ws://127.0.0.1:1/', '--for', 'soon'], /It must be a time/],
    [[], /required option '--coordinator <url>' not specified/],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await serve([scenario, ...words])
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  it('reads the scenario before it connects', async () => {
    const coordinator = await aCoordinator()
    const { code, err } = await serve([join(folder, 'none.yaml'), '--coordinator', coordinator.webSocketUrl])
    expect(code).toBe(2)
    expect(err).toContain('none.yaml')
    expect(coordinator.providers).toEqual([])
  })
})
