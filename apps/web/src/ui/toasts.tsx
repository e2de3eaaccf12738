import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { Toast, type ToastContent } from './toast.tsx'

/** Shows a short message at the bottom of the page. */
export type ShowToast = (toast: ToastContent) => void

const ToastContext = createContext<ShowToast>(() => undefined)

/** The way to show a message. */
export function useToast(): ShowToast {
  return useContext(ToastContext)
}

/** Toasts that stand at once; the oldest goes first. */
const MAX_TOASTS = 3

let nextId = 1

/** Holds the messages of the page. */
export function Toasts({ children }: { readonly children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly (ToastContent & { readonly id: number })[]>([])
  const show = useCallback<ShowToast>((toast) => {
    setToasts((last) => {
      const others = last.filter(({ topic }) => topic === undefined || topic !== toast.topic)
      return [...others, { ...toast, id: nextId++ }].slice(-MAX_TOASTS)
    })
  }, [])
  const remove = useCallback((id: number) => setToasts((last) => last.filter((toast) => toast.id !== id)), [])
  const items = useMemo(() => toasts.map((toast) => <Toast key={toast.id} toast={toast} onGone={() => remove(toast.id)} />), [toasts, remove])
  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" aria-live="polite" data-testid={`${TEST_IDS.toast}s`}>
        {items}
      </div>
    </ToastContext>
  )
}
