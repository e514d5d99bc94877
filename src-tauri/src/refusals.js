// Debug builds only: keeps what the content security policy refused and what failed unseen, for the
// tests of the real window. It changes nothing.
(() => {
  const seen = [];
  Object.defineProperty(window, '__refusals', { value: seen });
  const keep = (text) => seen.length < 100 && seen.push(text);
  addEventListener('securitypolicyviolation', (event) =>
    keep(`refused ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
  );
  addEventListener('error', (event) => keep(`error ${event.message}`));
  addEventListener('unhandledrejection', (event) => {
    const reason = event.reason;
    keep(`unhandled ${reason?.message ?? JSON.stringify(reason)}`);
  });
})();
