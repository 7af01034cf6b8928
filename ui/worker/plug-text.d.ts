/** Made while the page is built: ui/build/plug-text.ts. */
declare module 'virtual:fleetlab-plug' {
  const text: string
  export default text
}
