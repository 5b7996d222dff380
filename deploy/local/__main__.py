"""`./dev`: set up, demo, test, check, and the local stack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local import checks, servers
from local.fiks import Way
from local.places import LOGS, REPOSITORY, SERVICES
from local.processes import NotReady
from local.stack import Stack
from local.tokens import token_of
from local.waiting import Unavailable

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Sikker Sak, on this machine.")
out = Console(stderr=True)
ServiceName = Annotated[str, typer.Argument(help="one of: " + ", ".join(SERVICES))]


@app.command()
def setup() -> None:
    """Install what is missing; nothing else."""
    out.print("Everything that Sikker Sak needs is here.")


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="end with one line of figures")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="leave everything running")] = False,
) -> None:
    """Run the main job on sample input, to the last document archived."""
    from local.demo import run

    raise typer.Exit(run(as_json=as_json, keep=keep))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    containers: Annotated[
        bool, typer.Option("--containers", help="RabbitMQ 4 and PostgreSQL 17 by Testcontainers")
    ] = False,
) -> None:
    """Run the whole suite, in as many processes as there are cores (four at most); arguments go to pytest, in one."""
    if containers:
        from local.containers import run_tests

        raise typer.Exit(run_tests(context.args))
    environment = os.environ | servers.start().environment()
    abreast = [
        "-n",
        str(min(4, os.cpu_count() or 1)),
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ]  # the longest come first
    command = [sys.executable, "-m", "pytest", *(context.args or abreast)]
    raise typer.Exit(subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode)


@app.command()
def up(
    archive: Annotated[
        Way | None, typer.Option("--archive", help="what archiver and its archive speak; kept until told otherwise")
    ] = None,
) -> None:
    """Start servers, stand-ins and services."""
    stack = Stack()
    if archive is not None:
        stack.speak(archive)
    stack.up(out.print)
    _show(stack)


@app.command()
def down() -> None:
    """Stop what `up` started and `demo --keep` left, and nothing else."""
    from local.demo.run import own_stack

    for stack in (Stack(), own_stack()):
        stack.down()
    servers.stop()


app.command("token")(token_of(Stack))


@app.command()
def status() -> None:
    """Show what runs and where."""
    _show(Stack())


@app.command()
def logs(name: Annotated[str, typer.Argument(help="a service or a stand-in")]) -> None:
    """Follow a log."""
    path = LOGS / f"{Path(name).name}.log"
    if not path.exists():
        known = ", ".join(sorted(log.stem for log in LOGS.glob("*.log"))) or "none yet"
        out.print(f"There is no log of {name}. Logs: {known}")
        raise typer.Exit(2)
    os.execvp("tail", ["tail", "-n", "100", "-F", str(path)])


@app.command()
def redeploy(service: ServiceName) -> None:
    """Migrate a service's schema, start its successor beside it, and let it leave once that serves."""
    if service not in SERVICES:
        out.print(f"{service} is no service. Services: {', '.join(SERVICES)}")
        raise typer.Exit(2)
    Stack().redeploy(service)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context, name: Annotated[str, typer.Argument(help="what to measure")]) -> None:
    """Measure one thing; further arguments go to the bench, and --json ends with one line of figures."""
    _measure(REPOSITORY / "tests" / "bench", name, context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def chaos(context: typer.Context, focus: Annotated[str, typer.Option("--focus", help="what to break")]) -> None:
    """Break things on purpose while work goes on, and count what was lost or doubled."""
    _measure(REPOSITORY / "tests" / "chaos", focus, context.args)


@app.command(name="access-matrix")
def access_matrix(
    as_json: Annotated[bool, typer.Option("--json", help="end with one line of figures")] = False,
    through: Annotated[str, typer.Option("--through", help="services, or gateway")] = "services",
) -> None:
    """Try every operation as everyone, and hold what happens against the access policy."""
    from local.matrix import run

    if through not in ("services", "gateway"):
        out.print("--through is services or gateway")
        raise typer.Exit(2)
    raise typer.Exit(run(as_json=as_json, is_through_gateway=through == "gateway"))


@app.command(name="redeploy-drill")
def redeploy_drill(
    as_json: Annotated[bool, typer.Option("--json", help="end with one line of figures")] = False,
    rate: Annotated[float, typer.Option(help="requests of staff each second")] = 100.0,
    with_gap: Annotated[bool, typer.Option("--with-gap", help="stop a service before its successor starts")] = False,
) -> None:
    """Redeploy every service in turn while staff work on, and count what they noticed."""
    from local.drill import run

    raise typer.Exit(run(as_json=as_json, rate=rate, with_gap=with_gap))


@app.command(name="audit-verify")
def audit_verify(
    as_json: Annotated[bool, typer.Option("--json", help="end with one line of figures")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="the demo's log instead of the stack's")] = False,
) -> None:
    """Find every row of the audit log that was changed, and every one that is missing."""
    from local.demo.setting import demo_stack

    servers.start()
    environment = (demo_stack() if demo else Stack()).process("cases").environment
    command = [sys.executable, "-m", "cases.verify_audit", *(["--json"] if as_json else [])]
    raise typer.Exit(subprocess.run(command, env=os.environ | environment, check=False).returncode)


@app.command()
def check() -> None:
    """Format, lint, types, import rules, audit of dependencies."""
    raise typer.Exit(checks.run())


@app.command()
def lock() -> None:
    """Make requirements.lock again from requirements.in."""
    raise typer.Exit(checks.lock())


@app.command()
def parked(
    queue: Annotated[str | None, typer.Option(help="only this work queue's")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="only this cause")] = None,
    message_id: Annotated[str | None, typer.Option(help="only this message")] = None,
    do_replay: Annotated[bool, typer.Option("--replay", help="send them to work again")] = False,
    url: Annotated[str | None, typer.Option(envvar="PARKED_URL", help="another broker's virtual host")] = None,
) -> None:
    """List what is parked in the broker, by cause, or send it to work again."""
    from local.parked import Choice, listed, replayed, table

    broker, choice = url or Stack().provision.operator_url, Choice(queue, fingerprint, message_id)
    if do_replay:
        out.print(f"Sent to work again: {replayed(broker, choice)}")
        return
    messages = listed(broker, choice)
    out.print(table(messages) if messages else "Nothing is parked.")


@app.command()
def reference() -> None:
    """Make the pages under docs/reference/ again from the code."""
    from local.reference import write

    changed = write()
    out.print("\n".join(f"Written: {path.relative_to(REPOSITORY)}" for path in changed) or "Everything was current.")


def _measure(folder: Path, name: str, arguments: list[str]) -> None:
    programs = {path.stem: path for path in folder.glob("[!_]*.py")}
    if name not in programs:
        out.print(f"There is no {name} here. There is: {', '.join(sorted(programs))}")
        raise typer.Exit(2)
    environment = os.environ | servers.start().environment()
    command = [sys.executable, "-P", str(programs[name]), *arguments]  # a bench may be called what it measures
    raise typer.Exit(subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode)


def _show(stack: Stack) -> None:
    table = Table("what", "state", "address")
    for name, is_running in servers.are_running().items():
        table.add_row(name, "runs" if is_running else "stopped", "")
    for process in stack.processes():
        state = "ready" if process.is_ready() else "runs, not ready" if process.pid() else "stopped"
        table.add_row(process.name, state, stack.url(process.name))
    out.print(table)


if __name__ == "__main__":
    try:
        app()
    except (Unavailable, NotReady) as wrong:
        out.print(str(wrong), style="red")
        sys.exit(1)
