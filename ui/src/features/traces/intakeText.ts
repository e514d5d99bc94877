/** Live intake in words, and the settings that send a program's traces to it. */
import type { Intake } from '$lib/bindings/Intake';
import type { LiveIntake } from '$lib/bindings/LiveIntake';

export const INTAKES: Record<Intake, { title: string; action: string; what: string }> = {
  receiver: {
    title: 'OpenTelemetry receiver',
    action: 'Receive spans',
    what: 'Takes traces and GenAI events that programs on this machine export as OTLP over HTTP. They are stored before the program hears that they arrived.',
  },
  proxy: {
    title: 'Recording proxy',
    action: 'Record calls',
    what: 'Passes calls on to api.openai.com and api.anthropic.com with the caller’s own key, unchanged, and keeps a copy of each as a span. Keys and cookies are never recorded.',
  },
};

/** Lines for the environment of a program, each with what it is. */
export function settingsOf(live: LiveIntake): { label: string; text: string }[] {
  if (live.proxy) {
    return [
      { label: 'base URL of OpenAI', text: `OPENAI_BASE_URL=${live.proxy.openai}` },
      { label: 'base URL of Anthropic', text: `ANTHROPIC_BASE_URL=${live.proxy.anthropic}` },
    ];
  }
  return [
    { label: 'endpoint', text: `OTEL_EXPORTER_OTLP_ENDPOINT=${live.url}` },
    { label: 'protocol', text: 'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf' },
  ];
}

/** A TCP port, 0 for any free one; null for what is none. */
export function portOf(text: string): number | null {
  const trimmed = text.trim();
  if (!/^\d{1,5}$/.test(trimmed)) return null;
  const port = Number(trimmed);
  return port <= 65_535 ? port : null;
}
