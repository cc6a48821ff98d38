"""Prints a TypeScript program that writes and reads every field of the contract by its property syntax."""

import contract
import values

HEAD = """\
import assert from "node:assert/strict";
import { create, equals, fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";

function roundTrip<D extends DescMessage>(schema: D, made: MessageShape<D>, read: (parsed: MessageShape<D>) => void) {
  const parsed = fromBinary(schema, toBinary(schema, made));
  assert.ok(equals(schema, parsed, made), schema.typeName);
  read(parsed);
}
"""


def camel(name):
    """A name of the contract as generated TypeScript has it."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def enum_value(value):
    """A value of an enum, without the prefix that all its values have in common with the enum."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in value.type.name)
    prefix = f"{words.strip('_').upper()}_"
    shared = all(other.name.startswith(prefix) for other in value.type.values)
    return value.name.removeprefix(prefix) if shared else value.name


def literal(value):
    """A value in TypeScript."""
    match value:
        case values.Text(text):
            return f'"{text}"'
        case values.Truth():
            return "true"
        case values.Integer(number, wide):
            return f"{number}n" if wide else str(number)
        case values.EnumValue(value):
            return f"{contract.stem(value.type)}.{value.type.name}.{enum_value(value)}"
        case values.Moment(kind, seconds):
            return f"create({kind.capitalize()}Schema, {{ seconds: {seconds}n, nanos: 1 }})"
        case values.Message(descriptor):
            return f"make{descriptor.name}0()"


def write(field):
    """The statements that set a field of `message`."""
    target = f"message.{camel(field.name)}"
    if contract.is_map(field):
        key, value = map(literal, values.map_values(field))
        return [f"{target}[{key}] = {value};"]
    if field.is_repeated:
        return [f"{target}.push({literal(values.of(field, index))});" for index in range(2)]
    if field.containing_oneof:
        value = f'{{ case: "{camel(field.name)}", value: {literal(values.of(field))} }}'
        return [f"message.{camel(field.containing_oneof.name)} = {value};"]
    return [f"{target} = {literal(values.of(field))};"]


def read(field):
    """The statements that hold a field of `message` against its value."""
    target, expected = f"message.{camel(field.name)}", literal(values.of(field))
    if contract.is_map(field):
        key, value = map(literal, values.map_values(field))
        expected = f"{{ [{key}]: {value} }}"
    elif field.is_repeated:
        expected = f"[{expected}, {literal(values.of(field, 1))}]"
    elif field.containing_oneof:
        oneof = f"message.{camel(field.containing_oneof.name)}"
        return [
            f'if ({oneof}.case !== "{camel(field.name)}") assert.fail("{field.full_name}");',
            f"assert.deepEqual({oneof}.value, {expected});",
        ]
    return [f"assert.deepEqual({target}, {expected});"]


def function(head, lines):
    """A function of the program."""
    return [f"function {head} {{", *(f"  {line}" for line in lines), "}"]


def source():
    """The whole program."""
    lines, calls = [], []
    for message in contract.messages():
        module, name = contract.stem(message), message.name
        for index, fields in enumerate(values.variants(message)):
            made = [f"const message = create({module}.{name}Schema);"]
            made += [line for field in fields for line in write(field)]
            reads = [line for field in fields for line in read(field)]
            lines += function(f"make{name}{index}(): {module}.{name}", [*made, "return message;"])
            lines += function(f"read{name}{index}(message: {module}.{name})", reads)
            calls.append(f"roundTrip({module}.{name}Schema, make{name}{index}(), read{name}{index});")
    for enum in contract.enums():
        names = [f"{contract.stem(enum)}.{enum.name}.{enum_value(value)}" for value in enum.values]
        calls += [f"assert.equal<number>({name}, {value.number});" for name, value in zip(names, enum.values)]
    imports = [f'import * as {stem} from "./stubs/rollcall/v1/{stem}_pb.js";' for stem in contract.STEMS]
    files = ", ".join(f"{stem}.file_rollcall_v1_{stem}" for stem in contract.STEMS)
    tail = [f"export const files = [{files}];", f'export const counted = "{values.count()}";']
    return "\n".join([*imports, HEAD, *lines, *calls, *tail]) + "\n"


if __name__ == "__main__":
    print(source(), end="")
