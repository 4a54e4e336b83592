/** The steps of a boot in their order, and the class that colours each. */
export const BOOT_STEPS = [
  "mesh.boot.identity_loaded",
  "mesh.boot.identity_minted",
  "mesh.boot.endpoint_created",
  "mesh.boot.alpn_registered",
  "mesh.boot.gossip_started",
  "mesh.boot.accept_loop_started",
] as const;

/** A step of another version has a colour of its own, too: the one for unknown ones. */
export function bootStepClass(name: string): string {
  const at = (BOOT_STEPS as readonly string[]).indexOf(name);
  return at < 0 ? "step-other" : `step-${at}`;
}
