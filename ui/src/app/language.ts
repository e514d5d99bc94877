/**
 * WebKitGTK reports the language `C` where the system has no locale, and `Intl` refuses that name;
 * uPlot asks for it while it loads. Imported before everything else.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
