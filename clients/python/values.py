"""A value for every field of the contract, other than its default and other than its neighbours'."""

from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor

import contract

INTEGERS = {
    FieldDescriptor.TYPE_INT32: False,
    FieldDescriptor.TYPE_UINT32: False,
    FieldDescriptor.TYPE_INT64: True,
    FieldDescriptor.TYPE_UINT64: True,
}
WELL_KNOWN = {"google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration"}


@dataclass(frozen=True)
class Text:
    """A string."""

    text: str


@dataclass(frozen=True)
class Truth:
    """The boolean that is not the default."""


@dataclass(frozen=True)
class Integer:
    """A whole number, of 64 bits where `wide`."""

    number: int
    wide: bool


@dataclass(frozen=True)
class EnumValue:
    """A value of an enum of the contract."""

    value: object


@dataclass(frozen=True)
class Moment:
    """A timestamp or a duration: `kind` is which, in lower case."""

    kind: str
    seconds: int


@dataclass(frozen=True)
class Message:
    """A message of the contract with all of its fields, of each oneof the first."""

    descriptor: object


def of(field, index=0):
    """The value of a field; of a repeated one, the entry at `index`."""
    number = 1 + 100 * field.number + index
    if field.type == FieldDescriptor.TYPE_STRING:
        return Text(f"{field.containing_type.name}.{field.name} {index}")
    if field.type == FieldDescriptor.TYPE_BOOL:
        return Truth()
    if field.type in INTEGERS:
        return Integer(number, INTEGERS[field.type])
    if field.type == FieldDescriptor.TYPE_ENUM:
        named = [value for value in field.enum_type.values if value.number != 0]
        return EnumValue(named[(field.number + index) % len(named)])
    if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type.full_name in WELL_KNOWN:
        return Moment(WELL_KNOWN[field.message_type.full_name], number)
    if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type.file.package == "rollcall.v1":
        return Message(field.message_type)
    raise SystemExit(f"clients: `{field.full_name}` is of a type without a value: give it one in clients/python/values.py")


def map_values(field):
    """The key and the value of the one entry of a map."""
    return tuple(of(field.message_type.fields_by_name[name]) for name in ("key", "value"))


def variants(message):
    """The fields of a message, so often that each field is in one list at least: of a oneof, each has one."""
    count = max([len(oneof.fields) for oneof in message.oneofs], default=1)
    for variant in range(count):
        chosen = {oneof.name: oneof.fields[variant % len(oneof.fields)].name for oneof in message.oneofs}
        yield [
            field
            for field in message.fields
            if field.containing_oneof is None or chosen[field.containing_oneof.name] == field.name
        ]


def count():
    """How many messages and fields there are, in words."""
    messages = contract.messages()
    return f"{len(messages)} messages, {sum(len(message.fields) for message in messages)} fields"
