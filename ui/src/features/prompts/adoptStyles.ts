/**
 * CodeMirror's styles as a constructed style sheet. By itself it writes a `<style>` element into the
 * document, which the window's CSP (`style-src 'self'`) refuses; an adopted sheet is no inline style.
 */
import { StyleModule } from 'style-mod';

const mounted: StyleModule[] = [];
let sheet: CSSStyleSheet | undefined;

export function adoptStyles(): void {
  // Without constructed sheets (the tests' DOM) CodeMirror's own way stays.
  if (sheet || !('adoptedStyleSheets' in document)) return;
  const own = new CSSStyleSheet();
  sheet = own;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, own];
  StyleModule.mount = (_root, modules) => {
    const fresh = [modules].flat().filter((module) => !mounted.includes(module));
    if (fresh.length === 0) return;
    mounted.push(...fresh);
    own.replaceSync(mounted.map((module) => module.getRules()).join('\n'));
  };
}
