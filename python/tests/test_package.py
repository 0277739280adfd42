"""The package as such: types, docs, examples."""

import ast
import doctest
import importlib
import inspect
import pathlib
import re

import pytest
from conftest import ROOT, doctest_folder, run_doctests

import layerwatt
from layerwatt import _core

MODULES = [
    "layerwatt",
    "layerwatt._measure",
    "layerwatt._record",
    "layerwatt.compat._metric",
    "layerwatt.compat._tegra_text",
]


def test_the_package_is_typed_by_what_is_bound():
    folder = pathlib.Path(_core.__file__).parent
    assert (folder / "py.typed").exists()
    stub = folder / "_core.pyi"
    if not stub.exists():
        pytest.skip("the stub is made by the target layerwatt_python_stub")
    tree = ast.parse(stub.read_text())
    stubbed = {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    bound = {name for name, value in vars(_core).items() if callable(value)}
    assert bound == stubbed


def test_one_version_of_openvino_is_built_against_and_asked_for():
    pinned = {
        found
        for path in ("pyproject.toml", "scripts/requirements.txt")
        for found in re.findall(r"openvino==([0-9.]+)", (ROOT / path).read_text())
    }
    assert len(pinned) == 1


def test_everything_public_has_a_docstring():
    for name in layerwatt.__all__:
        assert inspect.getdoc(getattr(layerwatt, name)), name


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name, tmp_path, monkeypatch, ideal_spec):
    doctest_folder(tmp_path, ideal_spec)
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    tests = doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs={"layerwatt": layerwatt})
    assert run_doctests(tests).failed == 0


@pytest.mark.parametrize("page", ["docs/python.md", "docs/migrating.md", "README.md"])
def test_examples_in_the_docs(page, tmp_path, monkeypatch, ideal_spec):
    path = ROOT / page
    if not path.exists():
        pytest.skip(f"{page} is not there yet")
    doctest_folder(tmp_path, ideal_spec)
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(
        path.read_text(encoding="utf-8").replace("```", "\n"), {"layerwatt": layerwatt}, page,
        str(path), 0,
    )
    assert run_doctests([test]).failed == 0
