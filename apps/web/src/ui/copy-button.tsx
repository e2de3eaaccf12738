import { type ReactNode, useEffect, useState } from 'react'

/** How long the button says that it copied, milliseconds. */
const SAID_MS = 1500

/** Copies a text, and says so. `label` says what it is to those who do not see what stands beside the button. */
export function CopyButton({
  text,
  label,
  testId,
  children = 'Copy',
}: {
  readonly text: string
  readonly label: string
  readonly testId: string
  readonly children?: string
}): ReactNode {
  const [said, setSaid] = useState<'' | 'Copied' | 'Not allowed'>('')
  useEffect(() => {
    if (said === '') return undefined
    const timer = setTimeout(() => setSaid(''), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      // Browsers have no clipboard for pages on insecure origins.
      setSaid('Not allowed')
    }
  }
  return (
    <button type="button" className="button-small" data-testid={testId} onClick={() => void copy()}>
      <span aria-live="polite">{said === '' ? children : said}</span> <span className="visually-hidden">{label}</span>
    </button>
  )
}
