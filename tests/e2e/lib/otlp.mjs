// OTLP exports as a client would send them.

const text = (key, stringValue) => ({ key, value: { stringValue } });

/** One export of one model call, as JSON. */
export function exportOf({ name, text: said, model = 'm', trace = '0af7651916cd43dd8448eb211c80319c', span = 'b7ad6b7169203331' }) {
  const message = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: said }] }]);
  return JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: trace,
                spanId: span,
                name,
                startTimeUnixNano: '1790000000000000000',
                endTimeUnixNano: '1790000001000000000',
                attributes: [
                  text('gen_ai.operation.name', 'chat'),
                  text('gen_ai.request.model', model),
                  text('gen_ai.input.messages', message),
                ],
              },
            ],
          },
        ],
      },
    ],
  });
}
