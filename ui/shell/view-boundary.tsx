/** A view that fails says so and leaves the others usable; a class, because React has no other way to catch. */
import { Component, type ReactNode } from 'react'
import { Empty } from '../parts/panel.tsx'

interface Props {
  readonly name: string
  readonly children: ReactNode
}

interface State {
  readonly error: Error | undefined
}

export class ViewBoundary extends Component<Props, State> {
  override state: State = { error: undefined }

  static getDerivedStateFromError(error: Error): State {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    const again = (
      <button type="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    )
    return (
      <div role="alert">
        <Empty action={again}>
          {this.props.name} cannot be shown: {error.message}. The other views still work.
        </Empty>
      </div>
    )
  }
}
