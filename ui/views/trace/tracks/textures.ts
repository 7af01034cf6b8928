/** Textures of areas, so that reasons and causes are told apart without their hue; on canvas, and the same in a legend's key. */
import type { Texture } from '../../../parts/colours.ts'

const TILE_PX = 8
/** Of the colour, under its lines. */
const GROUND = 0.45

type Line = readonly [x1: number, y1: number, x2: number, y2: number]

/** Lines of one tile; neighbours go on where it ends. */
const LINES: { readonly [T in Exclude<Texture, 'plain' | 'dots'>]: readonly Line[] } = {
  rising: [
    [-2, 2, 2, -2],
    [0, 8, 8, 0],
    [6, 10, 10, 6],
  ],
  falling: [
    [-2, 6, 2, 10],
    [0, 0, 8, 8],
    [6, -2, 10, 2],
  ],
  cross: [
    [0, 8, 8, 0],
    [0, 0, 8, 8],
  ],
  level: [
    [0, 2, 8, 2],
    [0, 6, 8, 6],
  ],
  upright: [
    [2, 0, 2, 8],
    [6, 0, 6, 8],
  ],
  grid: [
    [0, 4, 8, 4],
    [4, 0, 4, 8],
  ],
}

const tiles = new Map<string, HTMLCanvasElement>()

function tileOf(colour: string, texture: Texture): HTMLCanvasElement {
  const key = `${colour} ${texture}`
  const known = tiles.get(key)
  if (known !== undefined) return known
  const canvas = document.createElement('canvas')
  canvas.width = TILE_PX
  canvas.height = TILE_PX
  const context = canvas.getContext('2d')!
  context.fillStyle = colour
  context.strokeStyle = colour
  context.globalAlpha = texture === 'plain' ? 1 : GROUND
  context.fillRect(0, 0, TILE_PX, TILE_PX)
  context.globalAlpha = 1
  context.lineWidth = 1.6
  if (texture === 'dots') {
    for (const [x, y] of [
      [2, 2],
      [6, 6],
    ] as const) {
      context.beginPath()
      context.arc(x, y, 1.4, 0, 2 * Math.PI)
      context.fill()
    }
  } else if (texture !== 'plain') {
    for (const [x1, y1, x2, y2] of LINES[texture]) {
      context.beginPath()
      context.moveTo(x1, y1)
      context.lineTo(x2, y2)
      context.stroke()
    }
  }
  tiles.set(key, canvas)
  return canvas
}

/** `colour` as canvas takes it. */
export function texturedFill(
  context: CanvasRenderingContext2D,
  colour: string,
  texture: Texture,
): string | CanvasPattern {
  return texture === 'plain' ? colour : (context.createPattern(tileOf(colour, texture), 'repeat') ?? colour)
}

/** Of a load in a lane: upright stripes of two colours. */
export function hatch(context: CanvasRenderingContext2D, colour: string, ground: string): string | CanvasPattern {
  const key = `${colour} on ${ground}`
  let tile = tiles.get(key)
  if (tile === undefined) {
    tile = document.createElement('canvas')
    tile.width = 4
    tile.height = 1
    const own = tile.getContext('2d')!
    own.fillStyle = ground
    own.fillRect(0, 0, 4, 1)
    own.fillStyle = colour
    own.fillRect(0, 0, 2, 1)
    tiles.set(key, tile)
  }
  return context.createPattern(tile, 'repeat') ?? colour
}

const urls = new Map<string, string>()

/** For `background-image`. */
export function textureUrl(colour: string, texture: Texture): string {
  const key = `${colour} ${texture}`
  const known = urls.get(key)
  if (known !== undefined) return known
  const url = `url(${tileOf(colour, texture).toDataURL()})`
  urls.set(key, url)
  return url
}
