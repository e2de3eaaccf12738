import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { go, namespaceHref } from '../route.ts'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { takeFileDrops } from '../ui/file-drops.ts'
import { useToast } from '../ui/toasts.tsx'

interface UploadFilesProps {
  readonly store: Docstore
  readonly namespace: string
  /** Why nobody stores files here. */
  readonly readOnly: string | undefined
  readonly onWritten: () => void
}

/** How far the file is that is being stored, and which one it is. */
interface Uploading {
  readonly name: string
  readonly percent: number
  readonly left: number
  readonly cancel: () => void
}

/** A button that stores files in a namespace, one after another; so does dropping them onto the page. What was begun goes on while others are looked at. Where one may not write, it says so to who drops some. */
export function UploadFiles({ store, namespace, readOnly, onWritten }: UploadFilesProps): ReactNode {
  const toast = useToast()
  const input = useRef<HTMLInputElement>(null)
  const queue = useRef<File[]>([])
  const isRunning = useRef(false)
  const [uploading, setUploading] = useState<Uploading>()
  const [isOver, setOver] = useState(false)
  const upload = async (file: File, signal: AbortSignal, cancel: () => void): Promise<void> => {
    const show = (bytes: number): void =>
      setUploading({ name: file.name, percent: file.size === 0 ? 100 : Math.floor((100 * bytes) / file.size), left: queue.current.length, cancel })
    show(0)
    try {
      await (await store.namespaces.open(namespace)).putFile(file, { signal, onProgress: ({ bytes }) => show(bytes) })
      onWritten()
      const toFiles = { label: 'Show', run: () => go(namespaceHref(namespace, 'files')) }
      toast({ text: `Stored ${file.name}`, topic: 'stored', action: toFiles })
    } catch (error) {
      if (!signal.aborted) toast({ text: `${file.name} is not stored. ${errorText(error)}`, kind: 'error' })
    }
  }
  const uploadAll = async (): Promise<void> => {
    if (isRunning.current) return
    isRunning.current = true
    const cancelled = new AbortController()
    const cancel = (): void => {
      queue.current = []
      cancelled.abort()
    }
    for (let file = queue.current.shift(); file !== undefined; file = queue.current.shift()) await upload(file, cancelled.signal, cancel)
    isRunning.current = false
    setUploading(undefined)
  }
  const add = (files: FileList | null | undefined): void => {
    queue.current.push(...(files ?? []))
    void uploadAll()
  }
  useEffect(() => {
    const listening = new AbortController()
    const refuse = (): void => toast({ text: `Files are not stored here. ${readOnly}.`, kind: 'error', topic: 'refused' })
    takeFileDrops({ onOver: setOver, onDrop: readOnly === undefined ? add : refuse }, listening.signal)
    return () => listening.abort()
  })
  if (readOnly !== undefined) return isOver ? <span className="hint">{readOnly}.</span> : null
  return (
    <div className={`upload${isOver ? ' is-over' : ''}`}>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid={TEST_IDS.uploadInput}
        onChange={({ target }) => {
          add(target.files)
          target.value = ''
        }}
      />
      <button
        type="button"
        className="button-small"
        data-testid={TEST_IDS.upload}
        title="Or drop them onto the page"
        onClick={() => input.current?.click()}
      >
        Upload files
      </button>
      {isOver ? <span className="hint">Drop them here to store them in this namespace.</span> : null}
      {uploading === undefined ? null : (
        <span className="upload-state" role="status" data-testid={TEST_IDS.uploadState}>
          <progress max={100} value={uploading.percent} aria-label={uploading.name} /> {uploading.name}
          {uploading.left === 0 ? null : `, ${uploading.left} more`}{' '}
          <button type="button" className="button-small" onClick={uploading.cancel}>
            Cancel
          </button>
        </span>
      )}
    </div>
  )
}
