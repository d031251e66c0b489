"""Prints the share of lines that ran for each target, and writes lists of those that did not."""
import collections
import os
import pathlib
import sys

trace, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
root = pathlib.Path.cwd()
counts = collections.defaultdict(dict)
with open(trace, encoding="utf-8") as file:
    path = None
    for line in file:
        if line.startswith("SF:"):
            path = pathlib.Path(os.path.relpath(line[3:].strip(), root))
        elif line.startswith("DA:") and path.parts[0] == "Sources":
            number, count = line[3:].split(",")[:2]
            lines = counts[path]
            lines[int(number)] = max(lines.get(int(number), 0), int(count))

target.mkdir(exist_ok=True)
targets = collections.defaultdict(lambda: [0, 0])
uncovered = collections.defaultdict(list)
for path, lines in sorted(counts.items()):
    text = path.read_text(encoding="utf-8").split("\n")
    name = path.parts[1]
    for number, count in sorted(lines.items()):
        targets[name][0] += count > 0
        targets[name][1] += 1
        # A brace or a label alone says nothing.
        if count == 0 and text[number - 1].strip(" {}()"):
            uncovered[name].append(f"{path}:{number}: {text[number - 1].strip()}")
for name, (covered, total) in sorted(targets.items()):
    (target / f"{name}.txt").write_text("".join(f"{line}\n" for line in uncovered[name]))
    print(f"{name:24} {covered / total:7.1%}  {total - covered:5} of {total} lines did not run")
