"""Talks to a server about a studio, calls every RPC of the contract, and prints how many there are."""

import os

import contract
from conversation import addresses, changes, invitations, members, questions, refusals, resources, tenants
from conversation.client import Client, known
from conversation.stage import Stage
from rollcall.v1 import error_pb2


def main():
    """Plays the scenes in order, since each goes on from the one before."""
    address = os.environ["CLIENTS_ADDRESS"]
    called = set()
    operations, shop = (Client(address, os.environ[f"CLIENTS_{name}_KEY"], called) for name in ("OPERATIONS", "SHOP"))
    stage = Stage("python", operations, shop)
    for scene in (
        tenants.create,
        resources.create,
        invitations.run,
        questions.run,
        members.change_roles,
        refusals.write,
        refusals.not_supported,
        tenants.set_policy,
        members.read,
        members.live,
        resources.live,
        addresses.run,
        changes.read,
        changes.watch,
    ):
        scene(stage)
    operations.channel.close()
    shop.channel.close()

    for reason in error_pb2.ErrorReason.values():
        assert reason == error_pb2.ERROR_REASON_UNSPECIFIED or known(reason).remedy, reason
    missed = contract.methods() - called
    assert not missed, f"the conversation never calls {sorted(missed)}"
    print(f"{len(called)} RPCs")


if __name__ == "__main__":
    main()
