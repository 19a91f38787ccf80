"""The glue's source and its words, read by tests."""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import string
from typing import Any

import custom_components.chargestead as integration

FOLDER = Path(integration.__file__).parent


@cache
def source(name: str) -> ast.Module:
    """Return a module of the glue, taken apart."""
    return ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))


def modules() -> list[str]:
    """Return the names of the modules of the glue."""
    return sorted(path.stem for path in FOLDER.glob("*.py"))


@cache
def book(name: str) -> dict[str, Any]:
    """Return a JSON file of the integration."""
    content: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return content


def words() -> dict[str, Any]:
    """Return the English words."""
    return book("translations/en.json")


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls in the glue, those of some functions or all; with the module they are in."""
    wanted = names or modules()
    for module in wanted:
        for node in ast.walk(source(module)):
            if isinstance(node, ast.Call):
                yield module, node


def called(call: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def texts(node: ast.AST | None) -> set[str]:
    """Return the string constants below a node."""
    return {
        item.value
        for item in ast.walk(node or ast.Module())
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }


def dict_keys(node: ast.expr | None) -> set[str] | None:
    """Return the keys of a dictionary that is written out, None for any other."""
    if not isinstance(node, ast.Dict) or None in node.keys:
        return None
    return {key.value for key in node.keys if isinstance(key, ast.Constant)}  # type: ignore[misc]


def placeholders(*messages: str) -> set[str]:
    """Return the placeholders in messages."""
    return {
        field
        for message in messages
        for _, field, _, _ in string.Formatter().parse(message)
        if field
    }


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401
    """Yield every text with the way to it."""
    if isinstance(node, str):
        yield path, node
        return
    for key, value in node.items():
        yield from leaves(value, (*path, key))
