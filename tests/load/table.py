"""Prints what `tests/load/run` measured: one line a contender, the median of all rounds."""

import statistics
import sys

rounds = {}
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        turn, name, width, _, *numbers = line.split()
        calls, failed, p50, p99, cpu_ms, memory = map(float, numbers)
        if failed:
            sys.exit(f"{failed:.0f} of {calls:.0f} calls through {name} failed")
        rounds.setdefault(name, {}).setdefault(width, {})[turn] = (calls, p50, p99, cpu_ms, memory)

direct = rounds["direct"]["1"]
print(f"{'':10} {'added p50':>10} {'added p99':>10} {'calls/s/core':>13} {'memory MiB':>11}")
table = {}
for name in [name for name in rounds if name != "direct"]:
    single, wide = rounds[name]["1"], rounds[name]["16"]
    added = [statistics.median(single[t][i] - direct[t][i] for t in single) for i in (1, 2)]
    core = statistics.median(calls / (cpu / 1000) for calls, _, _, cpu, _ in wide.values())
    memory = statistics.median(memory for *_, memory in wide.values()) / 1024
    table[name] = (*added, core, memory)
    print(f"{name:10} {added[0]:8.1f}us {added[1]:8.1f}us {core:13.0f} {memory:11.1f}")

print()
ours, failed = table["portolan"], []


def bar(words, value, holds):
    print(f"{words}: {value:.2f} {'holds' if holds else 'DOES NOT HOLD'}")
    failed.extend([] if holds else [words])


for index, words in enumerate(["added p50", "added p99"]):
    ratio = ours[index] / table["bare"][index]
    bar(f"{words} against the bare proxy's, at most 1.5", ratio, ratio <= 1.5)
if "litellm" in table:
    ratio = ours[2] / table["litellm"][2]
    bar("throughput a core against LiteLLM's, at least 20", ratio, ratio >= 20)
if "portkey" in table:
    theirs = table["portkey"]
    for index, words in enumerate(["added p50", "added p99", "memory"]):
        index = 3 if words == "memory" else index
        ratio = ours[index] / theirs[index]
        bar(f"{words} against Portkey's, below 1", ratio, ratio < 1)
    ratio = ours[2] / theirs[2]
    bar("throughput a core against Portkey's, above 1", ratio, ratio > 1)
sys.exit(1 if failed else 0)
