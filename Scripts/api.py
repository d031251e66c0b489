"""Prints symbol graphs of the Swift compiler as lines: a declaration's path, and the declaration."""
import json
import sys

lines = set()
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        graph = json.load(file)
    names = {}
    for symbol in graph["symbols"]:
        name = ".".join(symbol["pathComponents"])
        names[symbol["identifier"]["precise"]] = name
        fragments = symbol["declarationFragments"]
        # An attribute comes with its line's end; the compiler adds some by itself.
        text = " ".join("".join(part["spelling"] for part in fragments).split())
        constraints = [
            f'{one["lhs"]} {one["kind"]} {one["rhs"]}'
            for one in symbol.get("swiftExtension", {}).get("constraints", [])
        ]
        where = f' [where {", ".join(constraints)}]' if constraints else ""
        lines.add(f"{name}: {text}{where}")
    for relation in graph["relationships"]:
        if relation["kind"] not in ("conformsTo", "inheritsFrom"):
            continue
        name = names.get(relation["source"]) or relation["source"]
        conformance = names.get(relation["target"]) or relation.get("targetFallback")
        # The compiler's own marks, such as Copyable, say nothing.
        if not conformance or conformance in ("Swift.Copyable", "Swift.Escapable"):
            continue
        if name.startswith("s:"):
            continue
        lines.add(f"{name}: {conformance.removeprefix('Swift.')} [conformance]")
print("\n".join(sorted(lines)))
