"""Gives an OTLP export to the collector Rotel, as JSON and as protobuf, which passes it on to another receiver."""

import base64
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import rotel
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service

export, target = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_protobuf(text):
    """By the official definitions: an unknown field or a wrong type is an error. Ids are hex in OTLP/JSON only."""
    tree = json.loads(text)
    for group in tree["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    request = json_format.ParseDict(tree, service.ExportTraceServiceRequest(), ignore_unknown_fields=False)
    return request.SerializeToString()


def post(url, kind, body):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.read()


def partial(kind, body):
    """What the collector did not accept; none of it is an empty message."""
    if kind == "application/json":
        return json.loads(body or b"{}").get("partialSuccess") or {}
    answer = service.ExportTraceServiceResponse.FromString(body)
    return json_format.MessageToDict(answer).get("partialSuccess", {})


def until(what, ready):
    ends = time.monotonic() + 30
    while not (found := ready()):
        if time.monotonic() > ends:
            sys.exit(f"{what} did not come in time")
        time.sleep(0.05)
    return found


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


http, grpc = free_port(), free_port()
with tempfile.TemporaryDirectory() as folder, open(f"{folder}/out", "w+b") as out:
    program = pathlib.Path(rotel.__file__).parent / "rotel-agent"
    options = {
        "otlp-http-endpoint": f"127.0.0.1:{http}",
        "otlp-grpc-endpoint": f"127.0.0.1:{grpc}",
        "exporter": "otlp",
        "otlp-exporter-protocol": "http",
        "otlp-exporter-endpoint": target,
        "debug-log": "traces",
        "log-format": "json",
        "log-file": f"{folder}/log",
        "pid-file": f"{folder}/pid",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    collector = subprocess.Popen([program, "start", *flags], stdout=out, stderr=out, env={})

    def told():
        """Spans that the collector says to have received, request by request."""
        said = pathlib.Path(out.name).read_text(encoding="utf-8", errors="replace")
        return [int(count) for count in re.findall(r'Received traces.*?"spans":\s*(\d+)', said)]

    try:
        until("the collector", lambda: is_open(http))
        answers = {}
        for kind, body in (
            ("application/json", export.encode()),
            ("application/x-protobuf", as_protobuf(export)),
        ):
            status, answer = post(f"http://127.0.0.1:{http}/v1/traces", kind, body)
            answers[kind] = {"status": status, "partial_success": partial(kind, answer)}
            until("word of what was received", lambda: len(told()) == len(answers))
            # What waits is passed on 0.2 s after it came, in a request of its own.
            time.sleep(1)
        print(json.dumps({"answers": answers, "received": told()}))
    finally:
        collector.terminate()
        collector.wait(20)
