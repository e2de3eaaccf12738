import type { Docstore, ListedPage } from 'p2p-docstore'
import { whoAmI } from '../people/who-am-i.ts'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { namespaceHref } from '../route.ts'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { policyName } from './policies.ts'

/** Namespaces that are asked for at a time, and shown at most: who looks for one among more needs its id. */
const PAGE = 50
const MAX_SHOWN = 1000

/** What the relays of the network hold and owners list, to be opened. */
export function ListedNamespaces({ store }: { readonly store: Docstore }): ReactNode {
  const [found, setFound] = useState<readonly ListedPage['namespaces'][number][]>([])
  const [last, setLast] = useState<Pick<ListedPage, 'next' | 'relays'>>()
  const [error, setError] = useState<string>()
  const more = useCallback(
    async (after: string | undefined): Promise<void> => {
      try {
        const page = await store.namespaces.listed({ limit: PAGE, ...(after === undefined ? {} : { after }) })
        setError(undefined)
        setFound((before) => [...(after === undefined ? [] : before), ...page.namespaces])
        setLast(page)
      } catch (cause) {
        setError(errorText(cause))
      }
    },
    [store],
  )
  useEffect(() => void more(undefined), [more])
  if (error !== undefined) return <p role="alert">{error}</p>
  if (last === undefined) return <p className="hint">Asking the relays…</p>
  if (last.relays === 0)
    return (
      <p className="hint" data-testid={TEST_IDS.listedNone}>
        No relay is reached.{' '}
        <button type="button" className="button-small" onClick={() => void more(undefined)}>
          Ask again
        </button>
      </p>
    )
  if (found.length === 0 && last.next === undefined)
    return (
      <p className="hint" data-testid={TEST_IDS.listedNone}>
        The relays hold no namespace that its owner lists.
      </p>
    )
  const names = found.map(({ name }) => name)
  return (
    <>
      <ul className="plain-list namespace-list" data-testid={TEST_IDS.listedNamespaces}>
        {found.map((info) => (
          <li key={info.id}>
            <a href={namespaceHref(info.id)} className="namespace-item" data-testid={TEST_IDS.listedNamespace} data-id={info.id}>
              <span className="namespace-name">
                <MarkedText text={info.name} />
              </span>
              <span className="count-badge">{info.isHere ? 'here' : ''}</span>
              <span className="namespace-fact">
                {policyName(info, whoAmI(store))}
                {names.indexOf(info.name) !== names.lastIndexOf(info.name) ? ` · …${info.id.slice(-6)}` : null}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {last.next === undefined || found.length >= MAX_SHOWN ? null : (
        <button type="button" className="button-small" data-testid={TEST_IDS.listedMore} onClick={() => void more(last.next)}>
          More
        </button>
      )}
    </>
  )
}
