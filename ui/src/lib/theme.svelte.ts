/** Light, dark or high contrast: what the system says, unless the person chose. */
export type Theme = 'light' | 'dark' | 'contrast';
export type ThemeChoice = 'system' | Theme;

const STORED = 'plumbline.theme';
const CHOICES: ThemeChoice[] = ['system', 'light', 'dark', 'contrast'];

class Themes {
  choice = $state<ThemeChoice>('system');
  system = $state<Theme>('light');
  readonly shown = $derived(this.choice === 'system' ? this.system : this.choice);

  /** Reads the stored choice, follows the system, and keeps `data-theme` on the root element. */
  start(): () => void {
    const stored = localStorage.getItem(STORED) as ThemeChoice | null;
    this.choice = stored && CHOICES.includes(stored) ? stored : 'system';
    const contrast = matchMedia('(prefers-contrast: more)');
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const read = () => {
      this.system = contrast.matches ? 'contrast' : dark.matches ? 'dark' : 'light';
      this.apply();
    };
    read();
    contrast.addEventListener('change', read);
    dark.addEventListener('change', read);
    return () => {
      contrast.removeEventListener('change', read);
      dark.removeEventListener('change', read);
    };
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    if (choice === 'system') localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, choice);
    this.apply();
  }

  /** The next of system, light, dark, contrast. */
  next(): void {
    this.choose(CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length] ?? 'system');
  }

  private apply(): void {
    document.documentElement.dataset.theme = this.shown;
  }
}

export const theme = new Themes();
