"""The whole API tried from its own description as every role, against the running system (Schemathesis).

`./dev bench api [--examples 8] [--seconds 900] [--json]`

| figure | is |
| --- | --- |
| `operations` | that the description names |
| `reached` | of which somebody got a yes |
| `requests` | sent |
| `server_errors` | answers of 500 or 502 |
| `undocumented` | answers whose status, media type, headers or body the description does not name |
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from local.demo.outside import Outside
from local.demo.setting import set_up
from local.exploration import Exploration, people_for, seed
from local.memory import Memory
from local.places import LOCAL, SERVICES
from local.processes import Process
from local.stack import Stack


def stack_traces(stack: Stack, service: str) -> str:
    """What the service said of requests that failed: the end of each trace, once."""
    lines = stack.process(service).log.read_text(errors="replace").splitlines()
    failed = [json.loads(line) for line in lines if '"request_failed"' in line]
    ends = {str(one.get("exception", one))[-500:] for one in failed}
    return "\n".join(f"{service}: {end}" for end in sorted(ends))


def one_of_each(told: list[str]) -> list[str]:
    """The first of every operation: what is wrong with it is mostly wrong for everybody."""
    return list({one.partition(" as ")[0]: one for one in reversed(told)}.values())


class BenchStack(Stack):
    """As any, but nobody must log in anew while it goes on."""

    def process(self, name: str) -> Process:
        """The gateway with a long memory for log-ins."""
        made = super().process(name)
        if name == "gateway":
            made.environment["FRESH_MINUTES"] = "240"
        return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=8, help="for each operation, role, and kind of request")
    parser.add_argument("--seconds", type=float, default=900, help="at most")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folder = LOCAL / "bench-api"
    stack = BenchStack(folder, "sikkersak_bench_api", Memory(folder / "memory.json"))
    try:
        with stack.standing(lambda said: print(said, file=sys.stderr)):
            setting = set_up(stack)
            people = people_for(stack, setting)
            began = time.monotonic()
            seeds = seed(people, setting, Outside(stack))
            print(f"seeded in {time.monotonic() - began:.0f} s", file=sys.stderr)
            until = time.monotonic() + arguments.seconds
            findings = Exploration(stack.url("gateway"), people, seeds, arguments.examples, until).run()
    finally:
        for service in SERVICES:
            print(stack_traces(stack, service), file=sys.stderr)
    for kind in (findings.server_errors, findings.undocumented):
        print(*one_of_each(kind), sep="\n", file=sys.stderr)
    print(dict(findings.statuses), file=sys.stderr)
    print("never a yes:", *sorted(findings.unreached()), sep="\n  ", file=sys.stderr)
    figures = {"roles": len(people), **findings.figures(), "seconds": round(time.monotonic() - began)}
    if arguments.json:
        print(json.dumps(figures))
    return 1 if findings.server_errors or findings.undocumented else 0


if __name__ == "__main__":
    sys.exit(main())
