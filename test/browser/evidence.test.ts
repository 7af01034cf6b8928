/** Every figure beyond the one, in a real browser: the table finds, sorts and marks; charts hover; and each download is what it says. */
import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Summary } from '../../ui/data/answer/summary.ts'
import { dashboard, runAll, unfold } from './driving/dashboard.ts'

const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
const { open } = dashboard()
const summary = JSON.parse(readFileSync('ui/assets/headline.json', 'utf8')) as Summary
const { compare } = summary

async function saved(page: Page, button: Locator): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
}

const linesOf = (bytes: Buffer): string[][] =>
  bytes
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(','))

/** Whose figures come first. */
const MODEL = compare.models[0]

const isAscending = (values: readonly number[]): boolean =>
  values.length > 1 && values.every((value, i) => i === 0 || values[i - 1] <= value)

const everything = (page: Page): Promise<void> => unfold(page, /^Every figure/)

describe('every figure', () => {
  it('finds metrics, keeps the significant, sorts by difference', async () => {
    const { page, errors } = await open('#/answer')
    await everything(page)
    const table = page.getByRole('region', { name: 'Figures', exact: true })
    await page.getByLabel('Search metrics').fill('models[ ttft p95 oss')
    await expect.poll(() => table.locator('tbody tr').count()).toBe(1)
    const cells = await table.locator('tbody tr td').allTextContents()
    expect(cells.slice(0, 2)).toEqual(['TTFT p95', 'gpt-oss-20b'])
    expect(cells.filter((text) => text.includes(' *')).length).toBe(
      Object.values(compare.differences).filter((each) => each['models["gpt-oss-20b"].ttft_ms.p95']?.significant)
        .length,
    )
    await page.getByLabel('Search metrics').fill('')
    await page.getByLabel('Group', { exact: true }).selectOption('latency')
    await page.getByLabel('Model', { exact: true }).selectOption('gemma-4-26b')
    await page.getByLabel('significant only').check()
    const rows = table.locator('tbody tr')
    await expect.poll(async () => (await rows.allTextContents()).filter((row) => !row.includes(' *'))).toEqual([])
    await table.getByRole('button', { name: /^% pools-no-floor/ }).click()
    const known = async (): Promise<readonly number[]> =>
      (await table.locator('tbody tr td:last-child').allTextContents())
        .map((text) => Number.parseFloat(text))
        .filter((share) => !Number.isNaN(share))
    await expect.poll(async () => isAscending(await known())).toBe(true)
    await page.getByLabel('Search metrics').fill('no such thing')
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await expect.poll(() => rows.count()).toBeGreaterThan(100)
    expect(errors).toEqual([])
    await page.close()
  })

  it('saves the figures shown as CSV, number for number', async () => {
    const { page } = await open('#/answer')
    await everything(page)
    await page.getByLabel('Search metrics').fill('models[ goodput gemma')
    const { name, bytes } = await saved(page, page.getByRole('button', { name: 'CSV of the figures shown' }))
    expect(name).toBe('gpt-oss-vs-gemma-compare.csv')
    const [head, ...lines] = bytes.toString().trim().split('\n')
    expect(head).toBe(
      'metric,model,unit,policy,mean,ci95_low,ci95_high,seeds,difference,difference_ci95_low,difference_ci95_high,relative,significant',
    )
    const path = 'models["gemma-4-26b"].goodput'
    expect(lines.length).toBe(Object.keys(compare.policies).length)
    const last = Object.keys(compare.policies).at(-1)!
    const { mean, ci95 } = compare.policies[last]?.[path] ?? { mean: null, ci95: null }
    expect(lines.at(-1)).toContain(`"models[""gemma-4-26b""].goodput",gemma-4-26b,share,${last},${mean},${ci95?.[0]}`)
    expect(lines.at(-1)).toMatch(/,(true|false)$/)
    await page.close()
  })

  it('saves the trade-off as SVG that stands alone, as PNG and as CSV', async () => {
    const { page } = await open('#/answer')
    await everything(page)
    await page.getByLabel('Vertical axis').selectOption('ttft_ms.p99')
    // The last mark is drawn over the others, wherever they lie.
    await page.getByRole('img', { name: /^pools-no-floor, gemma-4-26b: .* TTFT p99, served/ }).hover()
    await page.locator('.tooltip').getByText('TTFT p99, served').waitFor()
    const panel = page.getByRole('region', { name: 'Trade-off' })
    const svg = await saved(page, panel.getByRole('button', { name: /^SVG/ }))
    expect(svg.name).toBe('gpt-oss-vs-gemma-trade-off.svg')
    const text = svg.bytes.toString()
    expect(text).toMatch(/^<\?xml/)
    expect(text).not.toMatch(/var\(|class=/)
    for (const arm of Object.keys(compare.policies)) expect(text).toContain(`>${arm}</text>`)
    expect(text).toContain('TTFT p99, served')
    const parsed = await page.evaluate((source) => {
      const root = new DOMParser().parseFromString(source, 'image/svg+xml').documentElement
      return [root.tagName, root.querySelectorAll('path').length]
    }, text)
    expect(parsed).toEqual(['svg', Object.keys(compare.policies).length * compare.models.length])
    const png = await saved(page, panel.getByRole('button', { name: /^PNG/ }))
    expect([...png.bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
    const width = await panel.locator('svg.plot').evaluate((element) => element.clientWidth)
    expect(png.bytes.readUInt32BE(16)).toBe((width + 20) * 2)
    expect(png.bytes.length).toBeGreaterThan(10_000)
    const csv = linesOf((await saved(page, panel.getByRole('button', { name: /^CSV/ }))).bytes)
    expect(csv.length).toBe(1 + Object.keys(compare.policies).length * compare.models.length)
    expect(csv[1]?.slice(0, 2)).toEqual(['open', MODEL])
    expect(Number(csv[1]?.at(-3))).toBe(compare.policies['open']?.[`models["${MODEL}"].ttft_ms.p99`]?.mean)
    await page.close()
  })

  it('draws quantiles where only those are known, and every request where rows are', async () => {
    const { page, errors } = await open('#/answer')
    await everything(page)
    const model = 'gpt-oss-20b'
    await page
      .getByText(/^dots are known \(p50, p90, p95, p99, max; means of 8 seeds\)/)
      .first()
      .waitFor()
    const known = linesOf(
      (await saved(page, page.getByRole('button', { name: `CSV of TTFT distribution of ${model}` }))).bytes,
    )
    expect(known.filter(([policy]) => policy === 'open').map((line) => line[4])).toEqual([
      '0.5',
      '0.9',
      '0.95',
      '0.99',
      '1',
    ])
    await page.goto(page.url().replace(/#.*/, `#/run?source=${SMALL}`))
    await runAll(page, 3, 'Answer')
    await everything(page)
    await page.getByText('every request of seed 1').first().waitFor()
    await page.getByLabel('Share of', { exact: true }).selectOption('arrived')
    const button = page.getByRole('button', { name: 'CSV of TTFT distribution of gemma-4-26b-qat-4bit' })
    const exact = linesOf((await saved(page, button)).bytes)
    expect(exact[0]?.slice(0, 5)).toEqual(['policy', 'model', 'source', 'ttft_ms', 'share_of_arrived'])
    // Served by the open fleet, refused by pools: a curve, and no curve.
    expect(exact.filter(([policy]) => policy === 'open').map((line) => [line[2], line[4]])).toEqual([['trace', '1']])
    expect(exact.some(([policy, , source]) => policy === 'pools-afe8135' && source === 'trace')).toBe(false)
    expect(errors).toEqual([])
    await page.close()
  })

  it('compares results that are opened as files', async () => {
    const { page, errors } = await open('#/run')
    const given = summary.runs.filter((run) => run.seed <= 2)
    await page.locator('input[type=file]').setInputFiles(
      given.map(({ policy, seed, result }) => ({
        name: `${policy}-${seed}.json`,
        mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify(result)),
      })),
    )
    await page.getByText('opened', { exact: true }).waitFor()
    await everything(page)
    await page
      .getByText(/^means of 2 seeds \(medians of quantiles\); no intervals, they need 5 seeds; Δ from open/)
      .waitFor()
    await page.getByLabel('Search metrics').fill('models[ goodput gemma')
    const { bytes } = await saved(page, page.getByRole('button', { name: 'CSV of the figures shown' }))
    const [, open1, ...others] = bytes.toString().trim().split('\n')
    expect(others.length).toBe(Object.keys(compare.policies).length - 1)
    const values = given
      .filter((run) => run.policy === 'open')
      .map((run) => run.result.models['gemma-4-26b']?.goodput ?? 0)
    expect(Number(open1?.split(',')[4])).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 2, 9)
    expect(errors).toEqual([])
    await page.close()
  })
})
