import { Component, type ReactNode, Suspense } from 'react'

/** Holds a part of the page that is loaded on its own, and says so where it cannot be. */
export class Later extends Component<{ readonly children: ReactNode }, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return <Suspense fallback={null}>{this.props.children}</Suspense>
    return (
      <p className="error pad" role="alert">
        This part of the page could not be loaded, or does not work.{' '}
        <button type="button" className="button-small" onClick={() => location.reload()}>
          Reload the page
        </button>
      </p>
    )
  }
}
