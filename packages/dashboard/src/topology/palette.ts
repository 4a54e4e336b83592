/** The page's colours as a canvas needs them: what the style sheet makes of each in the theme that is on. */
const NAMES = [
  ...["surface", "raised", "line", "text", "muted", "accent", "good", "warn", "bad", "link", "observer"],
  ...["gateway", "broker", "compute", "registry", "console", "other"],
] as const;

export type Palette = Readonly<Record<string, string>>;

/** `probe`: any element of the page; its colour is used and given back. */
export function readPalette(probe: HTMLElement): Palette {
  const before = probe.style.color;
  const colours: Record<string, string> = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.style.color = before;
  return colours;
}

/** Calls when the theme changes, by the page's button or by the system. Returns the unsubscribe. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", listener);
  };
}
