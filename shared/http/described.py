"""An OpenAPI document in the order and the words in which people read it: for the page `/docs`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.identity.identity import Permissions

Json = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_KINDS = {
    "uuid": ("a UUID", "01999999-0000-7000-8000-000000000001"),
    "date-time": ("a time with its offset", "2027-03-02T10:00:00+00:00"),
    "date": ("a date", "2027-03-02"),
    "email": ("an email address", "someone@example.org"),
    "url": ("a web address", "https://example.org/page"),
}
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
_ONE_LINE = r"^[^\n\r]*$"


@dataclass(frozen=True)
class Field:
    """One field of a body, or one parameter. `name` is a path: `speaker.name`, `topics[].title`."""

    name: str
    kind: str
    needed: bool
    rules: list[str]
    about: str


@dataclass(frozen=True)
class Operation:
    """One method of one path. `who` are the roles that may, `["everybody"]` when it is public."""

    method: str
    path: str
    summary: str
    about: str
    permission: str
    who: list[str]
    query: list[Field]
    body: list[Field]
    body_example: str
    status: str
    answer: list[Field]
    answer_example: str

    @property
    def anchor(self) -> str:
        return f"{self.method}-{self.path}".lower().translate(str.maketrans("/{}", "---")).replace("--", "-")


@dataclass
class Topic:
    """The operations of one file of `api/`."""

    name: str
    title: str
    operations: list[Operation] = field(default_factory=list)


def topics(document: Json, permissions: Permissions) -> list[Topic]:
    """Everything that a service can do, in the document's order."""
    found = {each["name"]: Topic(each["name"], each.get("description") or each["name"]) for each in document["tags"]}
    reader = _Reader(document)
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                said = methods[method]
                found[said["tags"][0]].operations.append(reader.operation(method, path, said, permissions))
    return [each for each in found.values() if each.operations]


class _Reader:
    def __init__(self, document: Json) -> None:
        self._schemas: Json = document["components"].get("schemas", {})

    def operation(self, method: str, path: str, said: Json, permissions: Permissions) -> Operation:
        permission = said.get("x-permission", "public")
        body = _schema(said.get("requestBody", {}))
        status = next(status for status in said["responses"] if status.startswith("2"))
        answer = _schema(said["responses"][status])
        return Operation(
            method=method.upper(),
            path=path,
            summary=said.get("summary", ""),
            about=said.get("description", ""),
            permission=permission,
            who=["everybody"] if permission == "public" else sorted(permissions.get(permission, ())),
            query=[each for one in said.get("parameters", ()) if one["in"] == "query" for each in self._parameter(one)],
            body=list(self._fields(body, "")),
            body_example=self._example(body),
            status=status,
            answer=list(self._fields(answer, "")),
            answer_example=self._example(answer),
        )

    def _parameter(self, said: Json) -> Iterator[Field]:
        yield self._field(said["name"], said["schema"], said.get("required", False), said.get("description", ""))

    def _fields(self, said: Json | None, inside: str) -> Iterator[Field]:
        schema = self._plain(said or {})
        if "items" in schema:
            yield from self._fields(schema["items"], f"{inside}[]")
        for name, each in schema.get("properties", {}).items():
            path = f"{inside}.{name}" if inside else name
            yield self._field(path, each, name in schema.get("required", ()), "")
            yield from self._fields(each, path)

    def _field(self, name: str, said: Json, needed: bool, about: str) -> Field:
        schema = self._plain(said)
        return Field(name, self._kind(schema), needed, list(_rules(schema)), about or schema.get("description", ""))

    def _plain(self, said: Json) -> Json:
        """Without references, and without the choice of null, which `_nullable` tells."""
        if "$ref" in said:
            return self._plain(self._schemas[said["$ref"].rpartition("/")[2]])
        for several in ("anyOf", "oneOf", "allOf"):
            for one in said.get(several, ()):
                if one.get("type") != "null":
                    return {**self._plain(one), "default": said.get("default")}
        return said

    def _kind(self, schema: Json) -> str:
        if "enum" in schema:
            return "one of " + ", ".join(str(each) for each in schema["enum"] if each is not None)
        if "items" in schema:
            return f"a list, each {self._kind(self._plain(schema['items']))}"
        if schema.get("format") in _KINDS:
            return _KINDS[schema["format"]][0]
        return _TYPES.get(_type(schema), "any value")

    def _example(self, said: Json | None) -> str:
        return json.dumps(self._sample(said, ""), indent=2, ensure_ascii=False) if said else ""

    def _sample(self, said: Json, name: str) -> Any:
        schema = self._plain(said)
        if "example" in schema:
            return schema["example"]
        if "enum" in schema:
            return schema["enum"][0]
        if "items" in schema:
            return [self._sample(schema["items"], name)]
        if "properties" in schema:
            return {each: self._sample(inner, each) for each, inner in schema["properties"].items()}
        if schema.get("format") in _KINDS:
            return _KINDS[schema["format"]][1]
        match _type(schema):
            case "integer" | "number":
                return schema.get("default") or schema.get("minimum") or 1
            case "boolean":
                return True
            case "object":
                return {}
        return name.replace("_", " ").capitalize()


def _schema(said: Json) -> Json | None:
    found: Json | None = said.get("content", {}).get("application/json", {}).get("schema")
    return found


def _type(schema: Json) -> str:
    said = schema.get("type", "")
    return said if isinstance(said, str) else next((each for each in said if each != "null"), "")


def _rules(schema: Json) -> Iterator[str]:
    least, most = schema.get("minLength"), schema.get("maxLength")
    if most is not None:
        yield f"{least} to {most:,} characters" if least else f"at most {most:,} characters"
    if schema.get("pattern") == _ONE_LINE:
        yield "on one line"
    elif "pattern" in schema:
        yield f"of the form {schema['pattern']}"
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is not None and highest is not None:
        yield f"{lowest:,} to {highest:,}"
    elif lowest is not None or highest is not None:
        yield f"at least {lowest:,}" if lowest is not None else f"at most {highest:,}"
    if "maxItems" in schema:
        yield f"{schema.get('minItems', 0)} to {schema['maxItems']} of them"
    if schema.get("default") not in (None, [], {}):
        yield f"{json.dumps(schema['default'])} when left out"
