import type { Docstore, Document, StoredFile } from 'p2p-docstore'
import { type ReactNode, useEffect, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { saveAs } from './save-as.ts'

/** Largest picture that is fetched without being asked for, bytes. */
const MAX_PICTURE_BYTES: number = 16 * 1024 * 1024

interface FilePartProps {
  readonly store: Docstore
  readonly namespace: string
  /** A document of the collection `files`. */
  readonly document: Document
}

/** The file that a document names: a picture is shown, and every file can be saved. Nothing where the document names none. */
export function FilePart({ store, namespace, document }: FilePartProps): ReactNode {
  const { _id: id } = document
  const [file, setFile] = useState<StoredFile>()
  const [url, setUrl] = useState<string>()
  const [state, setState] = useState('')
  useEffect(() => {
    const gone = new AbortController()
    const show = async (): Promise<void> => {
      const found = await (await store.namespaces.open(namespace)).getFile(id.slice(id.lastIndexOf('/') + 1), { signal: gone.signal })
      if (gone.signal.aborted || found === undefined) return
      setFile(found)
      if (!isPicture(found)) return
      setState('The picture is on its way …')
      const made = URL.createObjectURL(await found.blob())
      gone.signal.addEventListener('abort', () => URL.revokeObjectURL(made))
      if (gone.signal.aborted) return URL.revokeObjectURL(made)
      setUrl(made)
      setState('')
    }
    show().catch((error: unknown) => {
      // Any document may have a name that is no CID.
      if (!gone.signal.aborted && !(error instanceof Error && 'code' in error && error.code === 'bad-cid')) setState(errorText(error))
    })
    return () => gone.abort()
  }, [store, namespace, id])
  if (file === undefined) return null
  const save = async (): Promise<void> => {
    setState('The file is on its way …')
    try {
      saveAs(await file.blob(), file.name ?? file.cid)
      setState('')
    } catch (error) {
      setState(errorText(error))
    }
  }
  return (
    <figure className="file-part">
      {url === undefined ? null : <img src={url} alt={file.name ?? 'The picture'} data-testid={TEST_IDS.filePicture} />}
      <figcaption>
        <button type="button" className="button-small" data-testid={TEST_IDS.fileSave} onClick={() => void save()}>
          Save the file
        </button>
        <span role="status">{state}</span>
      </figcaption>
    </figure>
  )
}

/** As an image, nothing in it runs, whatever it is. */
function isPicture({ type = '', size }: StoredFile): boolean {
  return type.startsWith('image/') && size <= MAX_PICTURE_BYTES
}
