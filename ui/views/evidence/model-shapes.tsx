/** Shapes that tell models apart where colour tells policies: what they are called, and the legend that leaves models out. */
import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar, symbolTriangle, symbolWye } from 'd3'
import type { ReactNode } from 'react'

const SHAPES = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar, symbolWye]
const NAMES = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye']

export type ModelShape = (typeof SHAPES)[number]

export const shapeOf = (model: number): ModelShape => SHAPES[model % SHAPES.length]!
/** `circle: gpt-oss-20b, square: gemma`. */
export const shapesInWords = (models: readonly string[]): string =>
  models.map((model, i) => `${NAMES[i % SHAPES.length]}: ${model}`).join(', ')

interface ShapeLegendProps {
  readonly models: readonly string[]
  readonly hidden: readonly string[]
  onToggle(model: string): void
}

export function ShapeLegend({ models, hidden, onToggle }: ShapeLegendProps): ReactNode {
  return (
    <div className="legend">
      {models.map((model, i) => (
        <button key={model} type="button" aria-pressed={!hidden.includes(model)} onClick={() => onToggle(model)}>
          <svg className="key-shape" width={12} height={12} aria-hidden="true">
            <path d={symbol(shapeOf(i), 50)() ?? ''} transform="translate(6,6)" fill="currentColor" />
          </svg>
          {model}
        </button>
      ))}
    </div>
  )
}
