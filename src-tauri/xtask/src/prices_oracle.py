"""Asks the genai-prices package itself for prices, as expectations for our own computation.

Needs a Python in which genai-prices is installed. Argument: the file to write. Fixed seed: the same
package version writes the same file.
"""

import datetime
import importlib.metadata
import json
import random
import sys

import genai_prices.data
from genai_prices import Usage, calc_price

ASKED = 240
# Of these with audio, an hour's cache, or a service tier.
ASKED_OF_PARTS = 160
CONTEXTS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}
PARTS = {"cache_write_1h_mtok", "input_audio_mtok", "output_audio_mtok"}
OURS = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "output_reasoning_mtok"}


def words(clause):
    """Model names that a match clause is likely to accept."""
    for key in ("equals", "starts_with"):
        if hasattr(clause, key):
            return [getattr(clause, key)]
    return [w for inner in getattr(clause, "or_", []) for w in words(inner)]


def tiers_of(model, at):
    """The tiers that a model has prices of at that time."""
    variants = [v for v in model.price_variants or [] if v.constraint is None or v.constraint.active(at)]
    return [tier for tier, context in CONTEXTS.items() if any(v.when == context for v in variants)]


def has_parts(model):
    prices = model.prices if isinstance(model.prices, list) else [model.prices]
    prices = [getattr(p, "prices", p) for p in prices]
    return bool(model.price_variants) or any(getattr(p, unit, None) is not None for p in prices for unit in PARTS)


def cases_of_parts(chance, pairs):
    cases = []
    pairs = [(p, m) for p, m in pairs if has_parts(m)]
    while len(cases) < ASKED_OF_PARTS:
        provider, model = chance.choice(pairs)
        name = chance.choice(words(model.match) or [model.id])
        at = datetime.datetime(2026, 11, chance.randint(1, 28), 12, tzinfo=datetime.timezone.utc)
        usage = {"input_tokens": chance.choice([17, 5_000, 200_000, 200_001, 300_000])}
        usage["output_tokens"] = chance.choice([9, 1_234])
        tier = chance.choice([None, *tiers_of(model, at)])
        prices = model.get_prices(at, CONTEXTS.get(tier))
        units = {k for k, v in prices.__dict__.items() if v is not None}
        if not {"input_mtok", "output_mtok"} <= units or "requests_kcount" in units:
            continue
        if "cache_write_1h_mtok" in units:
            usage["cache_read_tokens"] = usage["input_tokens"] // 3
            usage["cache_write_tokens"] = usage["input_tokens"] // 5
            usage["cache_write_1h_tokens"] = usage["input_tokens"] // 11
        elif "input_audio_mtok" in units:
            usage["input_audio_tokens"] = usage["input_tokens"] // 2
            if "cache_audio_read_mtok" in units:
                usage["cache_read_tokens"] = usage["input_tokens"] // 3
                usage["cache_audio_read_tokens"] = usage["input_tokens"] // 4
            if "output_audio_mtok" in units:
                usage["output_audio_tokens"] = usage["output_tokens"] // 2
        elif tier is None:
            continue
        try:
            found = calc_price(Usage(**usage), name, provider_id=provider.id, genai_request_timestamp=at,
                               price_context=CONTEXTS.get(tier))
        except (LookupError, ValueError):
            continue
        if found.model is not model:
            continue
        case = {
            "provider": provider.id,
            "model": name,
            "at_unix_s": int(at.timestamp()),
            "tokens_in": usage["input_tokens"],
            "tokens_in_cached": usage.get("cache_read_tokens"),
            "tokens_in_cache_write": usage.get("cache_write_tokens"),
            "tokens_in_cache_write_1h": usage.get("cache_write_1h_tokens"),
            "tokens_in_audio": usage.get("input_audio_tokens"),
            "tokens_in_audio_cached": usage.get("cache_audio_read_tokens"),
            "tokens_out": usage["output_tokens"],
            "tokens_out_audio": usage.get("output_audio_tokens"),
            "tier": tier,
            "entry": f"{found.provider.id}/{found.model.id}",
            "usd": str(found.total_price),
        }
        cases.append(case)
    return cases


def main():
    chance = random.Random(20260101)
    cases = []
    pairs = [(p, m) for p in genai_prices.data.providers for m in p.models if m.id]
    dated = [pair for pair in pairs if isinstance(pair[1].prices, list)]
    while len(cases) < ASKED:
        provider, model = chance.choice(dated if chance.random() < 0.4 else pairs)
        name = chance.choice(words(model.match) or [model.id])
        at = datetime.datetime(2026, chance.randint(1, 12), chance.randint(1, 28),
                               chance.randint(0, 23), chance.choice([0, 30, 59]), tzinfo=datetime.timezone.utc)
        usage = {"input_tokens": chance.choice([0, 17, 5_000, 128_000, 200_000, 200_001, 272_001, 900_000])}
        usage["output_tokens"] = chance.choice([0, 9, 1_234, 64_000])
        if chance.random() < 0.5:
            usage["cache_read_tokens"] = usage["input_tokens"] // 3
            usage["cache_write_tokens"] = usage["input_tokens"] // 7
        asked_provider = provider.id if provider.model_match is None or chance.random() < 0.7 else None
        try:
            found = calc_price(Usage(**usage), name, provider_id=asked_provider, genai_request_timestamp=at)
        except (LookupError, ValueError):
            continue
        units = {k for k, v in found.model_price.__dict__.items() if v is not None}
        # What we say differently on purpose: a missing token price is unknown to us and nothing to the
        # package, and a fee per request is charged by us and only on a reported count by the package.
        if not {"input_mtok", "output_mtok"} <= units or "requests_kcount" in units:
            continue
        cases.append({
            "provider": asked_provider,
            "model": name,
            "at_unix_s": int(at.timestamp()),
            "tokens_in": usage["input_tokens"],
            "tokens_in_cached": usage.get("cache_read_tokens"),
            "tokens_in_cache_write": usage.get("cache_write_tokens"),
            "tokens_out": usage["output_tokens"],
            "entry": f"{found.provider.id}/{found.model.id}",
            "usd": str(found.total_price),
        })
    cases += cases_of_parts(chance, pairs)
    version = importlib.metadata.version("genai-prices")
    lines = ",\n".join(json.dumps(case) for case in cases)
    with open(sys.argv[1], "w") as out:
        out.write(f'{{"package":"genai-prices","version":"{version}","cases":[\n{lines}\n]}}\n')
    print(f"{len(cases)} expectations of genai-prices {version}")


main()
