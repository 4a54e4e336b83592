/** Light, dark, as the system: one button that goes round. */
import { useState } from "react";
import { applyTheme, keptTheme, THEMES } from "../state/theme.js";

const SIGNS = { system: "◐", light: "☀", dark: "☾" } as const;

export function ThemeButton() {
  const [theme, setTheme] = useState(keptTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  const turn = () => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button
      type="button"
      className="quiet"
      onClick={turn}
      title={`colours: ${theme}; next: ${next}`}
      aria-label={`colours: ${theme}`}
      data-testid="theme"
    >
      <span aria-hidden="true">{SIGNS[theme]}</span>
    </button>
  );
}
