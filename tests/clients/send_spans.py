"""Sends an agent's turn with a model call and a tool, and many plain spans, by the official exporter."""

import json
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

url, compression = sys.argv[1:]
exporter = OTLPSpanExporter(
    endpoint=f"{url}/v1/traces",
    compression=Compression.Gzip if compression == "gzip" else Compression.NoCompression,
)
provider = TracerProvider(resource=Resource.create({"service.name": "bike-shop"}))
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("shop", "1.0")

with tracer.start_as_current_span("invoke_agent shop") as agent:
    agent.set_attribute("gen_ai.operation.name", "invoke_agent")
    agent.set_attribute("gen_ai.agent.name", "shop")
    with tracer.start_as_current_span("chat gpt-4.1-mini", kind=SpanKind.CLIENT) as call:
        call.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4.1-mini",
                "gen_ai.request.temperature": 0.2,
                "gen_ai.usage.input_tokens": 25,
                "gen_ai.usage.output_tokens": 7,
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.input.messages": json.dumps(
                    [{"role": "user", "parts": [{"type": "text", "content": "Is the blue one in stock?"}]}]
                ),
                "gen_ai.output.messages": json.dumps(
                    [
                        {
                            "role": "assistant",
                            "parts": [{"type": "text", "content": "Yes, three."}],
                            "finish_reason": "stop",
                        }
                    ]
                ),
            }
        )
        call.set_status(Status(StatusCode.OK))
    with tracer.start_as_current_span("execute_tool stock") as tool:
        tool.set_attribute("gen_ai.operation.name", "execute_tool")
        tool.set_attribute("gen_ai.tool.name", "stock")

for number in range(600):
    with tracer.start_as_current_span(f"step {number}"):
        pass

if not provider.force_flush():
    sys.exit("not everything was exported")
provider.shutdown()
context = call.get_span_context()
print(
    json.dumps(
        {
            "trace": format(context.trace_id, "032x"),
            "call": format(context.span_id, "016x"),
            "call_end": str(call.end_time),
        }
    )
)
