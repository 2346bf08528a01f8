import { useEffect, useState } from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'monitoring-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply();
}

/** What is seen, after the system was asked. */
const shown = (): 'light' | 'dark' => {
  const theme = storedTheme();
  return theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
};

export function apply(): void {
  document.documentElement.dataset.theme = shown();
  dispatchEvent(new Event('themechange'));
}

dark.addEventListener('change', apply);

/** The theme that is seen; what is drawn on a canvas is drawn anew when it changes. */
export function useThemeName(): 'light' | 'dark' {
  const [name, setName] = useState(shown);
  useEffect(() => {
    const changed = () => setName(shown());
    addEventListener('themechange', changed);
    return () => removeEventListener('themechange', changed);
  }, []);
  return name;
}
