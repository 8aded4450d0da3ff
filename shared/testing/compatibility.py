"""Does what one schema wrote fit what another reads? For the next release of an event, and for consumers' contracts."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
"""A JSON Schema as msgspec makes it. It is JSON, so its values are of any type."""

PERSONAL = "x-personal-of"


def misfits(written: Schema, read: Schema, *, own: bool) -> Iterator[str]:
    """Why some value that `written` allows cannot be read as `read`: a sentence each, none when all can.

    own: a service reads its own events, strictly, and may add optional fields. Otherwise a consumer's contract reads
    another's: it passes over what it does not name, and must name nothing that is not there.
    """
    return _Comparison(written, read, own).objects(written, read, "")


class _Comparison:
    def __init__(self, written: Schema, read: Schema, own: bool) -> None:
        self._written, self._read, self._own = written.get("$defs", {}), read.get("$defs", {}), own

    def objects(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        there, wanted = written.get("properties", {}), read.get("properties", {})
        always, needed = set(written.get("required", ())), set(read.get("required", ()))
        if self._own:
            yield from (f"{path}{name} was removed" for name in there.keys() - wanted.keys())
        for name, reads in wanted.items():
            at = f"{path}{name}"
            if name not in there:
                if name in needed:
                    yield f"{at} is needed, and events that are stored do not have it"
                elif not self._own:
                    yield f"{at} is named, and there is no such field"
                continue
            if name in needed and name not in always:
                yield f"{at} is needed, and may be missing: give it a default"
            if bool(there[name].get(PERSONAL)) != bool(reads.get(PERSONAL)):
                yield f"{at} is {'not ' if PERSONAL in reads else ''}sealed where it is written"
            yield from self.values(there[name], reads, at)

    def values(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        written, read = _resolved(written, self._written), _resolved(read, self._read)
        choices = read.get("anyOf", [read])
        for each in written.get("anyOf", [written]):
            reasons = [list(self._one(_resolved(each, self._written), choice, path)) for choice in choices]
            if all(reasons):
                yield from min(reasons, key=len)

    def _one(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        read = _resolved(read, self._read)
        kind, wanted = _kind(written), _kind(read)
        if wanted is None:
            return
        if kind != wanted and (kind, wanted) != ("integer", "number"):
            yield f"{path} is written as {kind} and read as {wanted}"
            return
        if "enum" in read and (others := set(written.get("enum", ["any text"])) - set(read["enum"])):
            yield f"{path} may be {', '.join(sorted(map(str, others)))}, which is not read"
        if read.get("format") not in (None, written.get("format")):
            yield f"{path} is read as {read['format']} and not written as one"
        match kind:
            case "object" if "properties" in read:
                yield from self.objects(written, read, f"{path}/")
            case "object":
                yield from self.values(
                    written.get("additionalProperties", {}), read["additionalProperties"], f"{path}/*"
                )
            case "array":
                yield from self._arrays(written, read, path)

    def _arrays(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        ours, theirs = written.get("prefixItems"), read.get("prefixItems")
        if theirs is None:
            for part in ours if ours is not None else [written.get("items", {})]:
                yield from self.values(part, read.get("items", {}), f"{path}/*")
        elif ours is None or len(ours) != len(theirs):
            yield f"{path} is read as exactly {len(theirs)} parts"
        else:
            for nth, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                yield from self.values(one, other, f"{path}/{nth}")


def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    return definitions[name] if name else schema


def _kind(schema: Schema) -> str | None:
    """The JSON type of a schema, None for any. msgspec gives an enum no type of its own."""
    if "enum" in schema:
        return "integer" if all(isinstance(each, int) for each in schema["enum"]) else "string"
    kind: str | None = schema.get("type")
    return kind
