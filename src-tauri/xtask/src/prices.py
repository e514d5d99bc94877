"""Turns the data of a genai-prices wheel (or unpacked package) into Plumbline's price table.

The package's data file is read as syntax and never executed: nothing that was downloaded runs here.
Arguments: a wheel or a directory that holds `genai_prices/`; the folder to write into.
"""

import ast
import datetime
import json
import pathlib
import re
import sys
import zipfile


def refuse(what):
    sys.exit(f"cannot convert the price data: {what}")


def package_files(source):
    """The texts of data.py, the licence, and the version, from a wheel or a site-packages folder."""
    path = pathlib.Path(source)
    if path.is_file():
        wheel = zipfile.ZipFile(path)
        names = wheel.namelist()
        read = lambda name: wheel.read(name).decode()
    else:
        names = [str(p.relative_to(path)) for p in path.glob("genai_prices*/**/*") if p.is_file()]
        read = lambda name: (path / name).read_text()
    data = [n for n in names if n == "genai_prices/data.py"]
    info = [n for n in names if re.fullmatch(r"genai_prices-[^/]+\.dist-info/METADATA", n)]
    notice = [n for n in names if re.fullmatch(r"genai_prices-[^/]+\.dist-info/(licenses/)?LICENSE", n)]
    if not (data and info and notice):
        refuse(f"{source} lacks genai_prices/data.py, its METADATA or its LICENSE")
    metadata = read(info[0])
    version = re.search(r"^Version: (\S+)$", metadata, re.M)
    if not version or "License-Expression: MIT" not in metadata:
        refuse("the package no longer says that it is under the MIT licence; look before using it")
    return read(data[0]), read(notice[0]), version.group(1)


def plain(node):
    """A literal of the data file as plain data; a constructor call becomes {'_': its name, …}."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [plain(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {plain(key): plain(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        positional = [plain(item) for item in node.args]
        if name == "Decimal":
            return str(positional[0])
        if name == "date":
            return "{:04}-{:02}-{:02}".format(*positional)
        if name == "time":
            zone = [k.value for k in node.keywords if k.arg == "tzinfo"]
            if zone and not (isinstance(zone[0], ast.Attribute) and zone[0].attr in ("UTC", "utc")):
                refuse("a daily price interval is no longer in UTC")
            return "{:02}:{:02}:{:02}".format(*(positional + [0, 0, 0])[:3])
        return {"_": name, **{k.arg: plain(k.value) for k in node.keywords}}
    refuse(f"unexpected syntax at line {node.lineno}: {ast.dump(node)[:80]}")


def pattern(text):
    """A regular expression for a linear engine: a leading negative look-ahead becomes a `not` clause."""
    if text.startswith("^(?!"):
        depth = 0
        for at in range(1, len(text)):
            depth += (text[at] == "(" and text[at - 1] != "\\") - (text[at] == ")" and text[at - 1] != "\\")
            if depth == 0:
                break
        clauses = [{"not": pattern(f"^(?:{text[4:at]})")}]
        if text[at + 1:]:
            clauses.append(pattern(f"^(?:{text[at + 1:]})"))
        return {"and": clauses} if len(clauses) > 1 else clauses[0]
    if re.search(r"\(\?(?!:)|\\[1-9]", text):
        refuse(f"the pattern {text!r} needs more than a linear engine")
    return {"regex": text}


def clause(node):
    kind = node["_"].removeprefix("Clause")
    if kind in ("Or", "And"):
        return {kind.lower(): [clause(item) for item in node[kind.lower() + "_"]]}
    if kind == "Regex":
        return pattern(node["regex"])
    key = {"Equals": "equals", "StartsWith": "starts_with", "EndsWith": "ends_with", "Contains": "contains"}.get(kind)
    if key is None:
        refuse(f"unknown match clause {kind}")
    return {key: node[key]}


UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cache_audio_read",
    "output_audio_mtok": "output_audio",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "per_thousand_requests",
}


def rates(price):
    """The prices of text and audio tokens and requests; images, video, pages and searches are left out."""
    out = {}
    for key, unit in UNITS.items():
        value = price.get(key)
        if isinstance(value, dict):
            tiers = [[tier["start"], tier["price"]] for tier in value["tiers"]]
            out[unit] = {"base": value["base"], "tiers": sorted(tiers)}
        elif value is not None:
            out[unit] = value
    return out


def period(prices, constraint):
    entry = rates(prices)
    if constraint:
        if constraint["_"] == "StartDateConstraint":
            entry["from"] = constraint["start_date"]
        elif constraint["_"] == "TimeOfDateConstraint":
            entry["daily"] = [constraint["start_time"], constraint["end_time"]]
        else:
            refuse(f"unknown price constraint {constraint['_']}")
    return entry


def periods(prices):
    if isinstance(prices, dict):
        return [rates(prices)]
    return [period(entry["prices"], entry.get("constraint")) for entry in prices]


TIERS = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
}


def variants(entries):
    """Partial prices of service tiers; routes and kinds of searches are left out."""
    out = []
    for entry in entries or []:
        tier = TIERS.get(next(iter(entry["when"].items()))) if len(entry["when"]) == 1 else None
        prices = period(entry["prices"], entry.get("constraint"))
        if tier and set(prices) - {"from", "daily"}:
            out.append({"tier": tier, "prices": prices})
    return out


def main():
    source, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    data, notice, version = package_files(source)
    tree = ast.parse(data)
    assigned = [n for n in tree.body if isinstance(n, ast.AnnAssign) and n.target.id == "providers"]
    if not assigned:
        refuse("data.py no longer assigns `providers`")
    providers = []
    for provider in plain(assigned[0].value):
        entry = {"id": provider["id"], "name": provider["name"], "api_pattern": provider["api_pattern"]}
        for key in ("model_match", "provider_match"):
            if provider.get(key):
                entry[key] = clause(provider[key])
        if provider.get("fallback_model_providers"):
            entry["fallback"] = provider["fallback_model_providers"]
        entry["models"] = []
        for model in provider["models"]:
            priced = {"id": model["id"], "match": clause(model["match"]), "prices": periods(model.get("prices", []))}
            tiers = variants(model.get("price_variants"))
            entry["models"].append(priced | ({"variants": tiers} if tiers else {}))
        providers.append(entry)
    table = {
        "name": "genai-prices",
        "version": version,
        "license": "MIT",
        "copyright": re.search(r"^Copyright.*$", notice, re.M).group(0),
        "source": "https://github.com/pydantic/genai-prices",
        "retrieved": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "providers": providers,
    }
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False).replace('{"id":', '\n{"id":')
    (folder / "genai-prices.json").write_text(text + "\n")
    (folder / "LICENSE-genai-prices").write_text(notice)
    models = sum(len(p["models"]) for p in providers)
    print(f"genai-prices {version}: {len(providers)} providers, {models} models, {len(text) // 1000} kB")


main()
