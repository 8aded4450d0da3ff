"""A state, from one event to the next."""

import dataclasses
from dataclasses import dataclass, field

import pytest

from shared.messages.decisions import State, replace


class Box(State, category="box"):
    label: str = ""
    things: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lid:
    colour: str
    open: bool = False


def test_what_is_not_replaced_stays() -> None:
    full = Box(label="Tuesday", things={"cup": 2})
    assert replace(full, things={}) == dataclasses.replace(full, things={}) == Box(label="Tuesday")
    assert full == Box(label="Tuesday", things={"cup": 2})


def test_a_replaced_state_is_as_frozen_as_any() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        replace(Box(), label="Friday").label = "Monday"  # type: ignore[misc]


def test_a_field_that_the_state_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="Box has no colour"):
        replace(Box(), colour="red")  # type: ignore[call-arg]


def test_what_a_state_holds_is_replaced_alike() -> None:
    assert replace(Lid("red"), open=True) == Lid("red", open=True)
