import { type ReactNode, useEffect, useState } from 'react'
import { errorText } from '../store/error-text.ts'

/** A text as a QR code. What draws it is loaded when the first one is shown. */
export function QrCode({ text, label, testId }: { readonly text: string; readonly label: string; readonly testId: string }): ReactNode {
  const [drawn, setDrawn] = useState<{ readonly svg: string } | { readonly error: string }>()
  useEffect(() => {
    let isCurrent = true
    drawQrCode(text).then(
      (svg) => isCurrent && setDrawn({ svg }),
      (error: unknown) => isCurrent && setDrawn({ error: errorText(error) }),
    )
    return () => {
      isCurrent = false
    }
  }, [text])
  if (drawn === undefined) return <p className="hint">Drawing…</p>
  if ('error' in drawn) return <p className="error">The code cannot be drawn: {drawn.error}</p>
  return <img className="qr-code" data-testid={testId} alt={label} src={`data:image/svg+xml,${encodeURIComponent(drawn.svg)}`} />
}

async function drawQrCode(text: string): Promise<string> {
  const { renderSVG } = await import('uqr')
  return renderSVG(text, { border: 3 })
}
