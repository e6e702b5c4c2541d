"""The Web API's methods, one family per file. A new file with a `MEMBER` is found by itself; families never import each other."""

import pkgutil
from importlib import import_module

from bot.sandbox.methods.base import Family, Method


def collect() -> dict[str, Method]:
    """Every method by its name; two with one name stop the start."""
    methods: dict[str, Method] = {}
    for found in pkgutil.iter_modules(__path__):
        if found.name != "base":
            family: Family = import_module(f"{__name__}.{found.name}").MEMBER
            for method in family.methods:
                if method.name in methods:
                    raise ValueError(f"{method.name} is answered twice, once in {found.name}")
                methods[method.name] = method
    return methods
