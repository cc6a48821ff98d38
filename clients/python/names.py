"""Fails if the contract calls something by a word that a language reserves; the words are in reserved-words.txt."""

import sys
from pathlib import Path

import contract

WORDS = Path(__file__).parents[1] / "reserved-words.txt"
EXCEPTIONS = {
    # What everybody calls it: every generator has a way to write it.
    "type",
    # Go has `Reset_`, as every message there has a method `Reset`.
    "rollcall.v1.WatchChangesResponse.reset",
}


def reserved():
    """The languages that reserve a word, by the word in lower case."""
    languages, language = {}, ""
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line.endswith(":"):
            language = line.removesuffix(":")
        elif line.startswith(" "):
            for word in line.lower().split():
                languages.setdefault(word, []).append(language)
    return languages


def names():
    """What there is with a name: its kind, its name, its name in full, and what it is in."""
    for message in contract.messages():
        yield "message", message.name, message.full_name, ""
        for field in message.fields:
            yield "field", field.name, field.full_name, message.name
        for oneof in message.oneofs:
            yield "oneof", oneof.name, oneof.full_name, message.name
    for enum in contract.enums():
        yield "enum", enum.name, enum.full_name, ""
    for service in contract.services():
        yield "service", service.name, service.full_name, ""
        for method in service.methods:
            yield "RPC", method.name, method.full_name, service.name


def main():
    """Names every name that is reserved somewhere, and every exception that is none any more."""
    languages, unused, mistakes = reserved(), set(EXCEPTIONS), []
    for kind, name, full_name, owner in names():
        in_message = kind in ("field", "oneof")
        found = [where for where in languages.get(name.lower(), []) if in_message or not where.startswith("generated")]
        if kind == "field" and name.replace("_", "") == owner.lower():
            found.append("C#, where it is also the name of its class")
        excepted = {name, full_name} & EXCEPTIONS
        unused -= excepted
        if found and not excepted:
            mistakes.append(f"the {kind} `{full_name}` is a reserved word in {', '.join(found)}: rename it")
    mistakes += [f"`{name}` is not in the contract: take it out of EXCEPTIONS in names.py" for name in sorted(unused)]
    for mistake in mistakes:
        print(f"clients: {mistake}", file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
