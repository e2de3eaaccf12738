import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useContext, useState } from 'react'
import { ListedNamespaces } from '../later.ts'
import { PeopleContext } from '../people/people-context.ts'
import { go } from '../route.ts'
import { errorCode, errorText } from '../store/error-text.ts'
import { useNetworks } from '../store/networks-context.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Later } from '../ui/later.tsx'
import { MarkedText } from '../ui/marked-text.tsx'
import { readPasted } from './pasted-text.ts'

/** Where something that was sent can be pasted; the banner of those who are not let in leads here. */
export const OPEN_FIELD_ID = 'open-field'

interface Said {
  readonly text: string
  readonly href?: string | undefined
  /** Link of a network that can be joined from here. */
  readonly joins?: string | undefined
}

/** Opens a namespace by its id or by a link to it, and takes CIDs of content, join links, names of people, and what adds this browser to the devices of a person, too. */
export function OpenNamespace({ store, isConnected }: { readonly store: Docstore; readonly isConnected: boolean }): ReactNode {
  const [text, setText] = useState('')
  const [said, setSaid] = useState<Said>()
  const [isListed, setListed] = useState(false)
  const { networks, show, join } = useNetworks()
  const people = useContext(PeopleContext)
  const open = async (): Promise<void> => {
    try {
      const pasted = await readPasted(text, store, { isConnected, networks })
      switch (pasted.kind) {
        case 'namespace':
          if (!(await canBeOpened(store, pasted.id)))
            return setSaid({ text: 'This is not the whole id of a namespace: a character is missing or wrong.' })
          setText('')
          setSaid(undefined)
          return go(pasted.href)
        case 'content':
          setText('')
          setSaid(undefined)
          return go(pasted.href)
        case 'person': {
          people?.show(await store.names.person(pasted.who))
          setText('')
          return setSaid(undefined)
        }
        case 'device':
          setText('')
          setSaid(undefined)
          return go(pasted.href)
        case 'join':
          return location.assign(pasted.href)
        case 'shown':
          return await show(pasted.network)
        case 'elsewhere':
        case 'nothing':
          return setSaid(pasted)
      }
    } catch (cause) {
      setSaid({ text: errorText(cause) })
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
            id={OPEN_FIELD_ID}
            data-testid={TEST_IDS.openId}
            value={text}
            placeholder="Id, link or @name"
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            aria-invalid={said !== undefined}
            aria-describedby="open-said"
            onChange={(event) => {
              setText(event.target.value)
              setSaid(undefined)
            }}
          />
          <button type="submit" data-testid={TEST_IDS.openSubmit} disabled={text.trim() === ''}>
            Open
          </button>
        </span>
      </label>
      <p id="open-said" className="error" role="alert" data-testid={TEST_IDS.openError} hidden={said === undefined}>
        <MarkedText text={said?.text ?? ''} />{' '}
        {said?.href === undefined ? null : (
          <a href={said.href} data-testid={TEST_IDS.openElsewhere}>
            Open its page
          </a>
        )}
      </p>
      {said?.joins === undefined ? null : (
        <button
          type="button"
          className="button-small join-beside"
          data-testid={TEST_IDS.openJoin}
          onClick={() => {
            join(said.joins ?? '').catch((cause: unknown) => setSaid({ text: errorText(cause) }))
          }}
        >
          Join it beside this one
        </button>
      )}
      <button type="button" className="button-small" data-testid={TEST_IDS.listedShow} aria-expanded={isListed} onClick={() => setListed(!isListed)}>
        What others list
      </button>
      {isListed ? (
        <Later>
          <ListedNamespaces store={store} />
        </Later>
      ) : null}
    </form>
  )
}

/** Whether this is the id of a namespace, here or elsewhere. */
async function canBeOpened(store: Docstore, id: string): Promise<boolean> {
  try {
    await store.namespaces.open(id)
    return true
  } catch (error) {
    if (errorCode(error) !== 'bad-namespace-id') throw error
    return false
  }
}
