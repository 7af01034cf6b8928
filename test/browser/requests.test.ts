/** The view Requests: finding, reading one life, and the explanation that the command line prints, with real clicks. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { explainedInNode } from './driving/node-run.ts'
import { dashboard } from './driving/dashboard.ts'

const PINNED = 'scenarios/pools/pinned-elsewhere.yaml'
const { open } = dashboard()

const rows = (page: Page) => page.getByRole('grid', { name: 'Requests' }).locator('tbody tr[id]')

describe('the view Requests', () => {
  let page: Page
  let errors: readonly string[]
  beforeAll(async () => {
    ;({ page, errors } = await open(`#/requests?source=${PINNED}&policy=pools-afe8135`))
    await rows(page).nth(1).waitFor()
  })

  it('lists what the run of a link answered, the refused too', async () => {
    await page.getByText('2 requests', { exact: true }).waitFor()
    await expect.poll(() => rows(page).nth(0).textContent()).toMatch(/gpt-oss-20b.*served/)
    await expect.poll(() => rows(page).nth(1).textContent()).toMatch(/gemma-4-26b.*rejected 429.*pool_exhausted/)
  })

  it('narrows by reason, says it in the address, and the back button undoes it', async () => {
    await page.getByRole('combobox', { name: 'Reason' }).selectOption('pool_exhausted')
    await page.getByText('1 request', { exact: true }).waitFor()
    await expect.poll(() => page.url()).toContain('reason=pool_exhausted')
    await page.goBack()
    await page.getByText('2 requests', { exact: true }).waitFor()
    await page.getByRole('combobox', { name: 'Mac' }).fill('mac-a')
    await page.keyboard.press('Enter')
    await page.getByText('1 request', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByText('2 requests', { exact: true }).waitFor()
  })

  it('opens a request by keys and tells its life in order', async () => {
    await page.getByRole('grid', { name: 'Requests' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Request 1' }).waitFor()
    await expect.poll(() => page.url()).toContain('request=1')
    const steps = page.getByRole('region', { name: 'Steps of the request' }).locator('td:nth-child(2)')
    const expected = [
      'arrived',
      'resolved',
      'preflight: admitted',
      'select: selected',
      'attempt 0 dispatched',
      'first token',
      'served',
    ]
    await expect
      .poll(async () => (await steps.allTextContents()).filter((step) => expected.includes(step)))
      .toEqual(expected)
    await page.getByRole('img', { name: /attempt 0 · mac-a: .*prefill .*decode/ }).waitFor()
  })

  it('explains it word for word as the command line does', async () => {
    await page.getByRole('button', { name: 'Explain request 1' }).click()
    const wanted = (await explainedInNode(PINNED, 'pools-afe8135', 1)).trim()
    const shown = page.getByRole('region', { name: 'Explanation' })
    await expect.poll(async () => `${await shown.textContent()}`.trim()).toBe(wanted)
  })

  it('opens a request by its number, and says when there is none', async () => {
    const field = page.getByRole('textbox', { name: 'Request' })
    await field.fill('77')
    await field.press('Enter')
    await page.getByText('This run has no request 77').waitFor()
    await field.fill('0')
    await field.press('Enter')
    await page.getByRole('heading', { name: 'Request 0' }).waitFor()
    expect(errors).toEqual([])
  })
})
