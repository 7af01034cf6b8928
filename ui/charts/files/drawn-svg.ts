/**
 * What painters draw on a canvas, as SVG: the same functions draw into a context that writes elements. Lines and words stay
 * lines and words; pictures that are pixels by nature (a heat map, lanes) stay pixels, unsmoothed.
 */
import { Context } from 'svgcanvas'

const XLINK = 'http://www.w3.org/1999/xlink'

/** The part of a picture that is asked for, in whole pixels around it; the library would scale it down to those of the page. */
function cropped(
  image: HTMLCanvasElement,
  [sx, sy, sw, sh]: readonly [number, number, number, number],
): { readonly canvas: HTMLCanvasElement; readonly left: number; readonly top: number } {
  const [left, top] = [Math.max(0, Math.floor(sx)), Math.max(0, Math.floor(sy))]
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.min(image.width, Math.ceil(sx + sw)) - left)
  canvas.height = Math.max(1, Math.min(image.height, Math.ceil(sy + sh)) - top)
  canvas.getContext('2d')!.drawImage(image, -left, -top)
  return { canvas, left, top }
}

export function drawnSvg(
  width: number,
  height: number,
  paint: (context: CanvasRenderingContext2D) => void,
): SVGSVGElement {
  const context = new Context(width, height)
  const plain = context.drawImage.bind(context)
  context.drawImage = (image: CanvasImageSource, ...at: number[]): void => {
    if (at.length !== 8 || !(image instanceof HTMLCanvasElement)) {
      // Of the three forms that a canvas has, the two that need no cropping.
      ;(plain as (...all: unknown[]) => void)(image, ...at)
      return
    }
    const [sx = 0, sy = 0, sw = 1, sh = 1, x = 0, y = 0, w = 0, h = 0] = at
    const { canvas, left, top } = cropped(image, [sx, sy, sw, sh])
    const [across, down] = [w / sw, h / sh]
    context.save()
    context.beginPath()
    context.rect(x, y, w, h)
    context.clip()
    plain(canvas, x - (sx - left) * across, y - (sy - top) * down, canvas.width * across, canvas.height * down)
    context.restore()
  }
  paint(context)
  const svg = context.getSvg()
  for (const image of svg.querySelectorAll('image')) {
    image.setAttribute('style', 'image-rendering: pixelated')
    // What every reader of SVG of today knows.
    const href = image.getAttributeNS(XLINK, 'href')
    if (href !== null) image.setAttribute('href', href)
    image.removeAttributeNS(XLINK, 'href')
  }
  // What the library writes of what a canvas has not been told.
  for (const each of svg.querySelectorAll('[text-decoration="undefined"]')) each.removeAttribute('text-decoration')
  return svg
}
