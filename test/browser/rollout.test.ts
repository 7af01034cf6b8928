/** Rollout in a real browser: the operator's change marked, lanes and lists that follow it, two policies, no timeline. */
import { describe, expect, it } from 'vitest'
import { dashboard, runAll } from './dashboard.ts'

const NEW_BUILD = 'scenarios/rollout/new-build.yaml'
const PINNED = 'scenarios/pools/pinned-elsewhere.yaml'
const { open } = dashboard()

describe('rollout', () => {
  it('marks what the operator changed, and shows builds, loads and answers around it for two policies', async () => {
    const { page, errors } = await open(`#/run?source=${NEW_BUILD}`)
    await runAll(page, 2, 'Rollout')
    await page.getByLabel('Beside').selectOption('pools-afe8135')
    for (const policy of ['open', 'pools-afe8135']) {
      await page.getByRole('group', { name: `Builds under ${policy} over time` }).waitFor()
      await page.getByRole('group', { name: `TTFT · gemma-4-26b under ${policy} over time` }).waitFor()
      const changes = page.getByRole('region', { name: `Changes under ${policy}`, exact: true })
      await changes.getByRole('cell', { name: 'offered no longer: superseded' }).first().waitFor()
    }
    await page.getByText('This policy puts no label on Macs').waitFor()
    await expect.poll(() => page.locator('.marks .mark').count()).toBeGreaterThan(6)

    await page.getByRole('button', { name: /10:00 set_alias gemma-4-26b/ }).click()
    await expect.poll(() => page.url()).toMatch(/from=528&to=888/)
    await page.getByRole('radio', { name: 'unloads 1' }).first().check({ force: true })
    const own = page.getByRole('region', { name: 'Changes under open', exact: true })
    await expect.poll(() => own.getByRole('row').count()).toBe(2)
    await own.getByRole('cell', { name: 'evicted for another build' }).click()
    await page.waitForURL(/#\/fleet.*machine=0/)
    await page.goBack()
    await page.getByRole('button', { name: 'quick' }).first().waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('is of use without a timeline: says there is none, and shows the rest', async () => {
    const { page, errors } = await open(`#/run?source=${PINNED}`)
    await runAll(page, 3, 'Rollout')
    await page.getByText('This scenario has no timeline').waitFor()
    await page.getByLabel('Policy', { exact: true }).selectOption('pools-afe8135')
    await page.getByRole('group', { name: '429 · gemma-4-26b-qat-4bit under pools-afe8135 over time' }).waitFor()
    await page.getByRole('group', { name: 'Pools under pools-afe8135 over time' }).waitFor()
    const labels = page.getByRole('region', { name: 'Labels by surface under pools-afe8135' })
    await labels.getByRole('cell', { name: 'heartbeat' }).waitFor()
    await page.getByText('No Mac loaded, unloaded or fetched a build in this window.').waitFor()
    expect(errors).toEqual([])
    await page.close()
  })
})
