import { type ReactNode, useRef } from 'react'
import { chooseData, currentData, listDatasets } from '../store/datasets.ts'
import { asksUser, type Durability } from '../store/use-durability.ts'
import { TEST_IDS } from '../test-ids.ts'
import { bytesText } from '../ui/numbers.ts'
import { useFocusReturn } from '../ui/use-focus-return.ts'

/** Whether what is stored here is safe, and which data an earlier version kept apart. */
export function StorageSection({ durability }: { readonly durability: Durability }): ReactNode {
  const { state, isRefused, usedBytes, quotaBytes } = durability
  const others = listDatasets().filter(({ data }) => data !== currentData())
  return (
    <section className="panel-section">
      <h3>Storage</h3>
      <p data-testid={TEST_IDS.durability} data-state={state}>
        {textOf(state)}
      </p>
      {usedBytes === undefined ? null : (
        <p className="hint">
          {bytesText(usedBytes)} used{quotaBytes === undefined ? '' : ` of ${bytesText(quotaBytes)}`}
        </p>
      )}
      {isRefused ? (
        <p className="hint">
          {asksUser()
            ? 'The browser was asked to keep it, and the answer was no. It remembers that: the permissions of this page, beside its address, are where to change it.'
            : 'The browser was asked to keep it and does not promise to yet. It does for pages that are used often, installed or bookmarked.'}
        </p>
      ) : null}
      {state === 'may-be-cleared' || state === 'asking' ? <AskButton durability={durability} /> : null}
      {others.length === 0 ? null : <h4>Other data in this browser</h4>}
      <ul className="plain-list">
        {others.map((dataset) => (
          <li key={dataset.data} className="section-head">
            <span>{dataset.networkName}</span>
            <button
              type="button"
              className="button-small"
              data-testid={TEST_IDS.datasetSwitch}
              onClick={() => {
                chooseData(dataset.data)
                location.assign('/')
              }}
            >
              Open
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Stays where it is while the browser's question stands, since it has the focus. */
function AskButton({ durability }: { readonly durability: Durability }): ReactNode {
  const { state, isRefused, ask } = durability
  const button = useRef<HTMLButtonElement>(null)
  useFocusReturn(button)
  return (
    <button ref={button} type="button" className="button-small" data-testid={TEST_IDS.durabilityAsk} aria-disabled={state === 'asking'} onClick={ask}>
      {isRefused ? 'Ask again' : 'Ask the browser to keep it'}
    </button>
  )
}

function textOf(state: Durability['state']): string {
  switch (state) {
    case 'kept':
      return 'The browser keeps your documents until you remove them.'
    case 'may-be-cleared':
      return 'Stored on this device. The browser may clear it when space runs short; what a relay has comes back.'
    case 'asking':
      return 'Stored on this device. Your browser asks whether this page may keep it: answer its question, which may hide behind an icon beside the address.'
    case 'not-stored':
      return 'Nothing is stored: documents and identity are gone when this tab closes. What a relay has stays there.'
    case 'unknown':
      return 'Stored on this device.'
  }
}
