/** The raw bytes of the files that a store keeps in this origin. */
export async function readStoreFiles(name: string): Promise<readonly Uint8Array[]> {
  const root = await navigator.storage.getDirectory()
  const folder = await (await root.getDirectoryHandle(`docstore-${name}`)).getDirectoryHandle('.opaque')
  const files: Uint8Array[] = []
  for await (const handle of folder.values()) {
    if (handle instanceof FileSystemFileHandle) files.push(new Uint8Array(await (await handle.getFile()).arrayBuffer()))
  }
  return files
}

/** Removes what a store keeps in this origin. It must be closed. */
export async function removeStoreFiles(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(`docstore-${name}`, { recursive: true })
}
