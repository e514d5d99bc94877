"""Calls models by the vendors' own clients, streaming and not, and prints what came."""

import json
import sys

import anthropic
import openai

openai_url, anthropic_url = sys.argv[1:]
# A client's own retries would hide a call that the proxy broke.
o = openai.OpenAI(base_url=openai_url, api_key="sk-canary-openai", max_retries=0)
a = anthropic.Anthropic(base_url=anthropic_url, api_key="sk-canary-anthropic", max_retries=0)
asked = [{"role": "user", "content": "Is the blue one in stock?"}]
came = {}

whole = o.chat.completions.create(model="gpt-4.1-mini", messages=asked)
came["chat"] = [whole.choices[0].message.content, whole.usage.total_tokens, whole._request_id]

pieces = o.chat.completions.create(
    model="gpt-4.1-mini", messages=asked, stream=True, stream_options={"include_usage": True}
)
came["chat stream"] = [
    (piece.choices[0].delta.content if piece.choices else None, piece.usage.total_tokens if piece.usage else None)
    for piece in pieces
]

came["responses"] = o.responses.create(model="gpt-4.1-mini", input="Is it?").output_text

message = a.messages.create(model="claude-haiku-4-5", max_tokens=64, messages=asked)
came["messages"] = [message.content[0].text, message.usage.output_tokens, message._request_id]

with a.messages.stream(model="claude-haiku-4-5", max_tokens=64, messages=asked) as stream:
    came["messages stream"] = list(stream.text_stream)
    came["messages stop"] = stream.get_final_message().stop_reason

try:
    o.chat.completions.create(model="refused", messages=asked)
except openai.RateLimitError as error:
    came["refused"] = [error.status_code, error.body["message"], error.response.headers["retry-after"]]

print(json.dumps(came))
