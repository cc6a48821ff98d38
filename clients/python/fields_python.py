"""Writes and reads every field of the contract by Python's attribute syntax, in source that it generates and runs."""

import contract
import values


def literal(value):
    """A value in Python."""
    match value:
        case values.Text(text):
            return repr(text)
        case values.Truth():
            return "True"
        case values.Integer(number, _):
            return str(number)
        case values.EnumValue(value):
            return f"{contract.stem(value.type)}_pb2.{value.name}"
        case values.Moment(kind, seconds):
            return f"{kind}_pb2.{kind.capitalize()}(seconds={seconds}, nanos=1)"
        case values.Message(descriptor):
            return f"make_{descriptor.name}_0()"


def write(field):
    """The statements that set a field of `message`."""
    target = f"message.{field.name}"
    if contract.is_map(field):
        key, value = map(literal, values.map_values(field))
        return [f"{target}[{key}] = {value}"]
    if field.is_repeated:
        put = "add().CopyFrom" if field.message_type else "append"
        return [f"{target}.{put}({literal(values.of(field, index))})" for index in range(2)]
    if field.message_type:
        return [f"{target}.CopyFrom({literal(values.of(field))})"]
    return [f"{target} = {literal(values.of(field))}"]


def read(field):
    """The statements that hold a field of `message` against its value."""
    target = f"message.{field.name}"
    if contract.is_map(field):
        key, value = map(literal, values.map_values(field))
        expected, target = f"{{{key}: {value}}}", f"dict({target})"
    elif field.is_repeated:
        expected, target = f"[{literal(values.of(field))}, {literal(values.of(field, 1))}]", f"list({target})"
    else:
        expected = literal(values.of(field))
    lines = [f"assert {target} == {expected}, {field.full_name!r}"]
    if field.containing_oneof:
        lines.append(f"assert message.WhichOneof({field.containing_oneof.name!r}) == {field.name!r}")
    return lines


def source():
    """The whole module."""
    imports = [f"from rollcall.v1 import {stem}_pb2" for stem in contract.STEMS]
    lines = ["from google.protobuf import duration_pb2, timestamp_pb2", *imports]
    calls = []
    for message in contract.messages():
        module = f"{contract.stem(message)}_pb2"
        for index, fields in enumerate(values.variants(message)):
            name = f"{message.name}_{index}"
            writes = [line for field in fields for line in write(field)]
            reads = [line for field in fields for line in read(field)]
            made = [f"message = {module}.{message.name}()", *writes, "return message"]
            lines += [f"def make_{name}():", *indented(made), f"def read_{name}(message):", *indented(reads or ["pass"])]
            calls.append(f"round_trip(make_{name}(), read_{name})")
    for enum in contract.enums():
        module = f"{contract.stem(enum)}_pb2"
        calls += [f"assert {module}.{value.name} == {value.number}" for value in enum.values]
    return "\n".join(lines + calls) + "\n"


def indented(lines):
    """The body of a function."""
    return [f"    {line}" for line in lines]


def main():
    """Generates the module, runs it, and sees that it left no field out."""
    written = set()

    def round_trip(message, read):
        written.update(field.full_name for field, _ in message.ListFields())
        parsed = type(message).FromString(message.SerializeToString())
        assert parsed == message, message.DESCRIPTOR.full_name
        read(parsed)

    exec(compile(source(), "fields written and read in Python", "exec"), {"round_trip": round_trip})
    missed = {field.full_name for message in contract.messages() for field in message.fields} - written
    assert not missed, f"never written: {missed}"
    print(values.count())


if __name__ == "__main__":
    main()
