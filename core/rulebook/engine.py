"""CEL itself, behind few words; imported when the first condition is read, since it holds several MB.

The kind of a value is looked at before the value: turning a null into Python's crashes the process in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cel_expr_python import cel

from core.phrases import phrase

_TYPE: Final = cel.Type
_MAP: Final = _TYPE.Map(_TYPE.STRING, _TYPE.DYN)
_KINDS: Final = {"text": _TYPE.STRING, "texts": _TYPE.List(_TYPE.STRING), "map": _MAP}
_NO_LOOPS: Final = "stdlib:\n  exclude_macros: [all, exists, exists_one, filter, map]\n"


class Program:
    """A compiled expression."""

    __slots__ = ("_expression",)

    def __init__(self, expression: cel.Expression) -> None:
        self._expression = expression

    @property
    def other_kind(self) -> str | None:
        """What it gives, where that can be neither true nor false."""
        kind = self._expression.return_type()
        return None if kind in (_TYPE.BOOL, _TYPE.DYN) else str(kind.name()).lower()

    def answer(self, activation: Any) -> bool | str:
        """True, false, or what stood in the way."""
        value = self._expression.eval(activation)
        if value.type() == _TYPE.BOOL:
            return bool(value.plain_value())
        if value.type() == _TYPE.ERROR:
            return str(value.value()).partition(": ")[2] or phrase("an error at run time")
        return phrase("it is neither true nor false")


class Engine:
    """One environment; whatever comes of it belongs together. `fields` are names with their kinds: text, texts, map."""

    def __init__(self, container: str, fields: Mapping[str, str]) -> None:
        self._container = container
        variables = {f"{container}.{name}": _KINDS[kind] for name, kind in fields.items()}
        self._environment = cel.NewEnv(
            variables=variables, container=container, config=cel.NewEnvConfigFromYaml(_NO_LOOPS)
        )

    def compile(self, text: str) -> Program:
        """Raises `RuntimeError` with CEL's complaint."""
        return Program(self._environment.compile(text))

    def activation(self, data: Mapping[str, Any]) -> Any:
        """What a program is asked about."""
        return self._environment.Activation({f"{self._container}.{name}": value for name, value in data.items()})
