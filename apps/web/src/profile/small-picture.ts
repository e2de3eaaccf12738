/** Longest side of a picture that is stored, pixels, and the most bytes that it may have. */
const MAX_SIDE = 256
const MAX_BYTES: number = 256 * 1024

/** A picture as it is stored: drawn anew, small, so that nothing of the file goes along but its pixels. Throws where a browser cannot show it. */
export async function smallPicture(file: Blob): Promise<Blob> {
  const image = await createImageBitmap(file)
  try {
    const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height))
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale)))
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('This browser cannot draw pictures')
    context.drawImage(image, 0, 0, canvas.width, canvas.height)
    const small = await canvas.convertToBlob({ type: 'image/webp', quality: 0.85 })
    if (small.size <= MAX_BYTES) return small
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.7 })
  } finally {
    image.close()
  }
}
