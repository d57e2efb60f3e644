"""The Jinja2 side of the reply templates: a small, safe part of its language.

Imported only when a template is read.  A body may hold text, ``{{ slot }}``, ``{{ slot|gap("label") }}``, a few
filters, and ``{% if slot %} … {% else %} … {% endif %}``.  Everything else (attributes, calls, loops, includes,
arithmetic) is refused when the template is read, so that rendering can neither fail nor run away; the sandbox stands
behind that as a second wall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.core.reply import gap_mark

_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
)
#: A longer gap might not be found again in a draft.
LONGEST_LABEL: Final = 120

_COMPARISONS: Final = frozenset({"eq", "ne", "in", "notin"})
_TESTS: Final = frozenset({"defined", "undefined"})


class Refusal(Exception):
    """A body cannot be used: ``line`` counts from 1 within the body."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class _Unfilled(Undefined):
    """A declared slot without a value: false in a condition, a visible and recorded gap where it is printed."""

    __slots__ = ("record",)

    def __init__(self, name: str, record: Callable[[str], None]) -> None:
        super().__init__(name=name)
        self.record = record

    def show(self, label: str) -> str:
        """The visible gap; the slot is noted as open."""
        self.record(self._undefined_name or "")
        return gap_mark(label)

    def __str__(self) -> str:
        return self.show((self._undefined_name or "").replace("_", " "))

    __hash__ = Undefined.__hash__


def _gap(value: object, label: str) -> object:
    """The filter ``gap``: names in the reader's own words what is to be filled in."""
    return value.show(label) if isinstance(value, _Unfilled) else value


class _Environment(ImmutableSandboxedEnvironment):
    """No globals, no attributes, no calls; filters only those that cannot hide or enlarge anything."""

    def __init__(self) -> None:
        super().__init__(autoescape=False, trim_blocks=True, lstrip_blocks=True, undefined=Undefined)
        kept = {name: self.filters[name] for name in ("capitalize", "default", "lower", "trim", "upper")}
        self.filters = {**kept, "gap": _gap}
        self.globals = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 - jinja2's signature
        return False

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ANN401 - jinja2's signature
        return False


class Body:
    """A compiled template body."""

    def __init__(self, template: Template, slots: tuple[str, ...]) -> None:
        self._template = template
        self._slots = slots

    def fill(self, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """The text, and the slots that stand in it as gaps, in the order of the text."""
        open_slots: dict[str, None] = {}

        def record(slot: str) -> None:
            open_slots[slot] = None

        known = {slot: values[slot].strip() for slot in self._slots if values.get(slot, "").strip()}
        names = {slot: known.get(slot) or _Unfilled(slot, record) for slot in self._slots}
        return self._template.render(names), tuple(open_slots)


_ENVIRONMENT: Final = _Environment()


def compile_body(source: str, slots: tuple[str, ...]) -> Body:
    """Check and compile a body.  Raises ``Refusal`` with the first thing that is wrong."""
    try:
        tree = _ENVIRONMENT.parse(source)
        for node, line in _walk(tree, 1):
            _check(node, line, slots)
        return Body(_ENVIRONMENT.from_string(tree), slots)
    except TemplateSyntaxError as error:
        raise Refusal(error.lineno, error.message or "syntax error") from error


def _walk(node: nodes.Node, above: int) -> Iterator[tuple[nodes.Node, int]]:
    """Every node with its line; jinja2 gives none to a few, which then have that of the node above."""
    line = node.lineno or above
    yield node, line
    for child in node.iter_child_nodes():
        yield from _walk(child, line)


def _check(node: nodes.Node, line: int, slots: tuple[str, ...]) -> None:
    if not isinstance(node, _ALLOWED):
        raise Refusal(line, f"{_word(node)} is not possible in a reply template")
    if isinstance(node, nodes.Name) and node.name not in slots:
        raise Refusal(line, f'unknown name "{node.name}"; add it to slots = [...] or correct it')
    if isinstance(node, nodes.Const) and not isinstance(node.value, str):
        raise Refusal(line, f"{node.value!r} is not possible here, only words in quotes are")
    if isinstance(node, nodes.Operand) and node.op not in _COMPARISONS:
        raise Refusal(line, "only ==, != and in can compare")
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        raise Refusal(line, f'unknown test "{node.name}", only "defined" is possible')
    if isinstance(node, nodes.Filter):
        _check_filter(node, line)


def _check_filter(node: nodes.Filter, line: int) -> None:
    if node.name not in _ENVIRONMENT.filters:
        raise Refusal(line, f'unknown filter "{node.name}", possible: {", ".join(sorted(_ENVIRONMENT.filters))}')
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise Refusal(line, f'"{node.name}" takes no named arguments')
    if node.name == "gap":
        _check_label(node, line)


def _check_label(node: nodes.Filter, line: int) -> None:
    """The label must be readable in the text, or an open gap could slip through a release."""
    label = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
    if not isinstance(label, str) or not label.strip():
        raise Refusal(line, 'gap needs one label in quotes: {{ slot|gap("what is to be filled in") }}')
    if any(sign in label for sign in "[]\n"):
        raise Refusal(line, "the label of a gap has no brackets and no line break")
    if len(label) > LONGEST_LABEL:
        raise Refusal(line, f"the label of a gap is at most {LONGEST_LABEL} characters long")


def _word(node: nodes.Node) -> str:
    known = {"Getattr": "an attribute (a dot)", "Getitem": "[...]", "Call": "a call", "For": "a loop"}
    return known.get(type(node).__name__, f'"{type(node).__name__.lower()}"')
