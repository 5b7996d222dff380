"""deploy/rabbitmq/definitions.json is what operators give their own broker; it must say what the services rely on."""

from __future__ import annotations

from containers import definitions
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST, WORK_QUEUES


def test_the_committed_definitions_are_in_step_with_the_topology() -> None:
    assert definitions.FILE.read_text(encoding="utf-8") == definitions.as_text(), (
        "write it anew: PYTHONPATH=deploy python -m containers definitions"
    )


def test_definitions_name_every_queue_in_its_virtual_host_and_no_account() -> None:
    whole = definitions.whole_broker()
    assert {vhost["name"] for vhost in whole["vhosts"]} == {EVENTS_VHOST, RPC_VHOST}
    queues = {(queue["vhost"], queue["name"]) for queue in whole["queues"]}
    assert {(EVENTS_VHOST, queue.name) for queue in WORK_QUEUES} <= queues
    assert (RPC_VHOST, "rpc.cases") in queues
    assert not {"users", "permissions"} & whole.keys()
