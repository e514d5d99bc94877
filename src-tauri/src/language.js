// Under the C locale WebKitGTK says that the person's language is "C", which is no language tag: a
// library that formats a number with it fails. The page is in English; say so.
(() => {
  try {
    new Intl.Locale(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { get: () => 'en-US' });
    Object.defineProperty(navigator, 'languages', { get: () => ['en-US'] });
  }
})();
