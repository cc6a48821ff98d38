"""The contract as the generated modules have it: its messages, enums and services."""

import importlib
from pathlib import Path

PROTO = Path(__file__).parents[2] / "proto"
STEMS = sorted(path.stem for path in PROTO.glob("rollcall/v1/*.proto"))
FILES = {stem: importlib.import_module(f"rollcall.v1.{stem}_pb2").DESCRIPTOR for stem in STEMS}


def messages():
    """Every message of the contract, without the entries of maps."""
    return [message for file in FILES.values() for message in _with_nested(file.message_types_by_name.values())]


def enums():
    """Every enum of the contract."""
    nested = [enum for message in messages() for enum in message.enum_types]
    return [enum for file in FILES.values() for enum in file.enum_types_by_name.values()] + nested


def services():
    """Every service of the contract."""
    return [service for file in FILES.values() for service in file.services_by_name.values()]


def methods():
    """The path of every RPC, as gRPC sends it."""
    return {f"/{service.full_name}/{method.name}" for service in services() for method in service.methods}


def is_map(field):
    """Whether a field is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def stem(descriptor):
    """The file of the contract that has a message or an enum, by its name without `.proto`."""
    return Path(descriptor.file.name).stem


def _with_nested(found):
    for message in found:
        if not message.GetOptions().map_entry:
            yield message
            yield from _with_nested(message.nested_types)
