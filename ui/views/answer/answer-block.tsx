/** The answer in the first 200 pixels: the question, a line per arm, and one line of what it rests on, folded. */
import { type ReactNode, useMemo, useState } from 'react'
import { gatheredWarnings } from '../../../sim/lab/compare/warnings.ts'
import { type ArmAnswer, answerOf, type ModelAnswer, sentenceOf, sloText } from '../../data/answer/answer.ts'
import { type DatasetWords, datasetWords } from '../../data/answer/dataset-words.ts'
import { AssumedItems, assumedOf } from '../../parts/assumed-list.tsx'
import { armLook } from '../../parts/colours.ts'
import { armsOf, type Dataset, seedsOf, selectedRun } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import './answer.css'

/** Of a question that fits one line of 1,280 pixels in large letters. */
const LONG_LETTERS = 104
/** More arms fold. */
const ARMS_SHOWN = 5
/** Of more models there is no room for intervals beside one another; they are in the titles and in the verdicts. */
const MODELS_WITH_INTERVALS = 4

export function AnswerBlock({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const scenarios = useDashboard((state) => state.scenarios)
  const words = useMemo(() => datasetWords(dataset, scenarios), [dataset, scenarios])
  const { compare } = dataset
  const answers = useMemo(() => (compare === undefined ? [] : answerOf(compare)), [compare])
  const [all, setAll] = useState(false)
  const question = words.question === '' ? dataset.scenario : words.question
  const shown = all ? answers : answers.slice(0, ARMS_SHOWN)
  return (
    <section className="answer" aria-label="Answer">
      <h2 className={question.length > LONG_LETTERS ? 'question long-question' : 'question'} title={question}>
        {question}
      </h2>
      {answers.length === 0 ? (
        <p className="muted pending">No run has finished yet; each arm’s answer comes with its first seed.</p>
      ) : (
        <ul className="arms" aria-label="Arms" style={{ ['--models' as string]: answers[0]!.models.length }}>
          <ArmsHead words={words} models={answers[0]!.models.map(({ model }) => model)} />
          {shown.map((answer) => (
            <ArmLine key={answer.arm} answer={answer} dataset={dataset} words={words} />
          ))}
        </ul>
      )}
      <Foot dataset={dataset} answers={answers}>
        {answers.length > ARMS_SHOWN && (
          <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'fewer arms' : `${answers.length - ARMS_SHOWN} more arms`}
          </button>
        )}
      </Foot>
    </section>
  )
}

interface ArmLineProps {
  readonly answer: ArmAnswer
  readonly dataset: Dataset
  readonly words: DatasetWords
}

function ArmLine({ answer, dataset, words }: ArmLineProps): ReactNode {
  const chosen = useDashboard((state) => selectedRun(state)?.policy)
  const { arm, isBaseline, models, best } = answer
  const { colour, dash } = armLook(arm, armsOf(dataset))
  const sentence = sentenceOf(answer, dataset.compare?.baseline ?? '')
  // A word that all models share stands once; words that differ stand before their figures.
  const shared = models.every(({ word }) => word === models[0]?.word) ? models[0] : undefined
  return (
    <li>
      <button
        type="button"
        className="arm"
        aria-pressed={chosen === arm}
        title={sentence}
        onClick={() => select({ policy: arm })}
      >
        <svg width={18} height={8} aria-hidden="true">
          <line x1={0} x2={18} y1={4} y2={4} stroke={colour} strokeWidth={4} strokeDasharray={dash} />
        </svg>
        {arm}
      </button>
      <span className="what muted" title={words.wordsOf(arm)}>
        {words.wordsOf(arm)}
      </span>
      <span className="verdict-word" title={sentence}>
        {isBaseline ? (
          <span className="muted">baseline</span>
        ) : (
          shared !== undefined && <strong className={shared.tone}>{shared.word}</strong>
        )}
        {best !== undefined && (
          <span className="best" title={`${best} in goodput of all users together`}>
            {best === 'best' ? 'best' : 'best?'}
          </span>
        )}
      </span>
      {models.map((model) => (
        <ModelCells key={model.model} of={model} answer={answer} isWordShared={shared !== undefined} />
      ))}
    </li>
  )
}

interface ModelCellsProps {
  readonly of: ModelAnswer
  readonly answer: ArmAnswer
  readonly isWordShared: boolean
}

/** Goodput of one model with its interval, and whether its service holds; its name heads the column, where there are columns. */
function ModelCells({ of, answer, isWordShared }: ModelCellsProps): ReactNode {
  const { model, word, tone, figure, centre } = of
  const { collapses, isBaseline, models } = answer
  const falls = collapses.find((each) => each.model === model)
  return (
    <>
      <span className="goodput" title={`goodput of ${model}: ${word} ${figure}`}>
        <span className="of-model muted">{model} </span>
        {!isBaseline && !isWordShared && <strong className={tone}>{word} </strong>}
        {models.length > MODELS_WITH_INTERVALS ? centre : figure}
      </span>
      <span className="holds" title={falls && `${model} ${falls.text}`}>
        {falls !== undefined && <Figure long={falls.text} short={falls.short} />}
      </span>
    </>
  )
}

/** What stands in the columns: the metric that all is judged by, and each model's name once. */
function ArmsHead({ words, models }: { readonly words: DatasetWords; readonly models: readonly string[] }): ReactNode {
  return (
    <li className="arms-head">
      <span className="slo">
        {words.slo !== undefined && (
          <>
            <strong>goodput</strong>: {sloText(words.slo)}
          </>
        )}
      </span>
      {models.map((model) => (
        <strong key={model} className="model" title={model}>
          {model}
        </strong>
      ))}
    </li>
  )
}

/** With its interval where there is room for it, which style decides. */
function Figure({ long, short }: { readonly long: string; readonly short: string }): ReactNode {
  return long === short ? (
    long
  ) : (
    <>
      <span className="long">{long}</span>
      <span className="short">{short}</span>
    </>
  )
}

function warningsOf({ compare, runs }: Dataset): readonly string[] {
  if (compare !== undefined) return compare.warnings
  const done = runs.flatMap(({ policy, seed, result }) =>
    result === undefined ? [] : [{ place: policy, seed, result }],
  )
  return gatheredWarnings(done, 'arm')
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

type Opened = 'warnings' | 'assumed' | 'verdicts' | undefined

interface FootProps {
  readonly dataset: Dataset
  readonly answers: readonly ArmAnswer[]
  readonly children: ReactNode
}

function Foot({ dataset, answers, children }: FootProps): ReactNode {
  const [opened, setOpened] = useState<Opened>()
  const warnings = useMemo(() => warningsOf(dataset), [dataset])
  const assumed = useMemo(() => assumedOf(dataset), [dataset])
  const toggle = (what: Opened): void => setOpened(opened === what ? undefined : what)
  const { compare } = dataset
  const fold = (what: NonNullable<Opened>, text: string, about: string): ReactNode => (
    <button
      type="button"
      className={`link ${what}`}
      aria-expanded={opened === what}
      title={about}
      onClick={() => toggle(what)}
    >
      {text}
    </button>
  )
  return (
    <>
      <div className="foot">
        {compare !== undefined && <span className="muted">{basisOf(dataset)}</span>}
        {children}
        {answers.some(({ isBaseline }) => !isBaseline) &&
          fold('verdicts', 'verdicts in full', 'As the command line prints them')}
        {warnings.length > 0 &&
          fold('warnings', `⚠ ${counted(warnings.length, 'warning', 'warnings')}`, 'What to look at before any figure')}
        {assumed.length > 0 &&
          fold('assumed', counted(assumed.length, 'assumed input', 'assumed inputs'), 'What nobody published')}
      </div>
      {opened === 'warnings' && (
        <ul className="unfolded" aria-label="Warnings">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {opened === 'assumed' && <AssumedItems assumed={assumed} />}
      {opened === 'verdicts' && <Verdicts answers={answers} baseline={compare?.baseline ?? ''} />}
    </>
  )
}

/** `against open, 10 seeds, whole run after warm-up`. */
function basisOf(dataset: Dataset): string {
  const { compare, runs } = dataset
  if (compare === undefined) return ''
  const seeds =
    compare.seeds.length === 1 ? `seed ${compare.seeds[0]}, so no intervals` : `${compare.seeds.length} seeds`
  const planned = seedsOf(dataset).length
  const more = planned > compare.seeds.length ? ` of ${planned} so far` : ''
  const warmup = runs.some(({ result }) => (result?.warmup_s ?? 0) > 0) ? ', warm-up left out' : ''
  const against = Object.keys(compare.policies).length > 1 ? `against ${compare.baseline}, ` : ''
  return `${against}${seeds}${more}${warmup}`
}

interface VerdictsProps {
  readonly answers: readonly ArmAnswer[]
  readonly baseline: string
}

function Verdicts({ answers, baseline }: VerdictsProps): ReactNode {
  return (
    <ul className="unfolded" aria-label="Verdicts in full">
      {answers.flatMap(({ arm, isBaseline, models }) =>
        isBaseline
          ? []
          : models.map(({ model, word, tone, findings }) => (
              <li key={`${arm} ${model}`}>
                {arm} against {baseline}, {model}: <strong className={tone}>{word}</strong>
                <ul>
                  {findings.map((finding) => (
                    <li key={finding}>{finding}</li>
                  ))}
                </ul>
              </li>
            )),
      )}
    </ul>
  )
}
