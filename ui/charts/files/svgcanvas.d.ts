/** What we use of svgcanvas, which is written without types: a canvas context that writes SVG. */
declare module 'svgcanvas' {
  export const Context: new (
    width: number,
    height: number,
  ) => CanvasRenderingContext2D & {
    getSvg(): SVGSVGElement
  }
}
