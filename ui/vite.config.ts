import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  resolve: {
    alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) },
    // Component tests mount in jsdom, so they need the browser build of Svelte.
    conditions: mode === 'test' ? ['browser'] : undefined,
  },
  server: { port: 5173, strictPort: true },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // The window's CSP allows no data: URIs.
    assetsInlineLimit: 0,
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
    css: true,
    // Generous: a busy machine must not decide whether a test passes.
    testTimeout: 30_000,
    expect: { poll: { timeout: 8000 } },
  },
}));
