"""The house's own measures of a readable code base."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import BASE_DIR

FUNCTION_LINES, MODULE_LINES = 40, 300
FOLDERS = ("config", "ops", "feedback", "scoring", "labeling", "tests", "bench")
MODULES = sorted(
    path for folder in FOLDERS for path in BASE_DIR.glob(f"{folder}/**/*.py") if path.parent.name != "migrations"
)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(BASE_DIR)))
class TestAModule:
    def test_it_is_read_in_one_sitting(self, path: Path) -> None:
        assert len(path.read_text().splitlines()) <= MODULE_LINES

    def test_its_functions_fit_a_screen(self, path: Path) -> None:
        assert [f"{node.name}: {lines(node)}" for node in functions(path) if lines(node) > FUNCTION_LINES] == []

    def test_its_functions_say_what_they_return(self, path: Path) -> None:
        assert [f"{node.name}, line {node.lineno}" for node in functions(path) if node.returns is None] == []


class TestTheWhole:
    def test_most_functions_are_short(self) -> None:
        product = [path for path in MODULES if path.parts[len(BASE_DIR.parts)] != "tests"]
        sizes = sorted(lines(node) for path in product for node in functions(path))
        assert sizes[len(sizes) // 2] <= 8
        assert sizes[len(sizes) * 9 // 10] <= 30
