/** A few options of which one holds: radio buttons that look like one control, so that arrow keys move among them. */
import { type ReactNode, useId } from 'react'
import './choice.css'

export interface Option<V> {
  readonly value: V
  readonly name: string
  readonly colour?: string
  readonly about?: string
}

export interface ChoiceProps<V> {
  readonly label: string
  readonly options: readonly Option<V>[]
  readonly chosen: V
  onChoose(value: V): void
}

export function Choice<V>({ label, options, chosen, onChoose }: ChoiceProps<V>): ReactNode {
  const group = useId()
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">{label}</legend>
      {options.map(({ value, name, colour, about }) => (
        <label key={name} title={about}>
          <input type="radio" name={group} checked={value === chosen} onChange={() => onChoose(value)} />
          {colour !== undefined && <span className="key" style={{ background: colour }} />}
          {name}
        </label>
      ))}
    </fieldset>
  )
}
