import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { namespaceHref, parseRoute } from '../route.ts'
import { errorText } from '../store/error-text.ts'
import { joinHref } from '../store/join-address.ts'
import { TEST_IDS } from '../test-ids.ts'

/** Opens a namespace by its id, or by a link to it. A join link begins anew, as in the address bar. */
export function OpenNamespace({ store }: { readonly store: Docstore }): ReactNode {
  const [text, setText] = useState('')
  const [error, setError] = useState('')
  const open = async (): Promise<void> => {
    try {
      const joining = joinHref(text.trim())
      if (joining !== undefined) return location.assign(joining)
      const id = idIn(text)
      await store.namespaces.open(id)
      setText('')
      setError('')
      location.hash = namespaceHref(id)
    } catch (cause) {
      setError(errorText(cause))
    }
  }
  return (
    <form
      className="open-form"
      data-testid={TEST_IDS.openForm}
      onSubmit={(event) => {
        event.preventDefault()
        void open()
      }}
    >
      <label className="field">
        <span>Open by id or link</span>
        <span className="inline-field">
          <input
            data-testid={TEST_IDS.openId}
            value={text}
            placeholder="bafyrei…"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setText(event.target.value)
              setError('')
            }}
          />
          <button type="submit" data-testid={TEST_IDS.openSubmit} disabled={text.trim() === ''}>
            Open
          </button>
        </span>
      </label>
      {error === '' ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </form>
  )
}

/** The id in what was pasted: itself, or the end of a link to its page. */
function idIn(text: string): string {
  const at = text.indexOf('#')
  const route = parseRoute(at === -1 ? '' : text.trim().slice(at))
  return route.page === 'namespace' ? route.id : text.trim()
}
