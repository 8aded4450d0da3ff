"""The services' codes in words: each list has a name of its own."""

import ast
import inspect

from services.portal import vocabulary


def test_no_list_of_words_takes_the_place_of_another() -> None:
    """A second list of the same name wins without a word, and the page of the first offers what its service refuses."""
    tree = ast.parse(inspect.getsource(vocabulary))
    names = [name.id for step in tree.body if isinstance(step, ast.Assign) for name in step.targets
             if isinstance(name, ast.Name)]  # fmt: skip
    assert len(names) > 10
    assert sorted(names) == sorted(set(names))
