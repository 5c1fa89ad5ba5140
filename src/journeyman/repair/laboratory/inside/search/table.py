"""All templates, each with the kinds of nodes it looks at and the highest prior it gives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from . import (
    additions,
    borrowing,
    calls,
    notations,
    operators,
    reshaping,
    spoken,
    statements,
    truths,
    values,
    wrapping,
)
from .ingredients import IN_PACKAGE
from .scene import Scene
from .source import FUNCTIONS, Edit

Template = Callable[[Scene, Any], Iterator[Edit]]


class Rule(NamedTuple):
    """A template: `most` bounds the priors of its edits from above, so that it waits until it is due."""

    kinds: tuple[type[ast.AST], ...]
    most: float
    make: Template

    @property
    def name(self) -> str:
        """What the rule is called where its weight was learnt; rules of one name share it."""
        return f"far {self.make.func.__name__}" if isinstance(self.make, partial) else self.make.__name__


_VALUES: tuple[type[ast.AST], ...] = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp)
_WRAPPED = (*_VALUES, ast.ListComp, ast.List, ast.GeneratorExp, ast.IfExp, ast.SetComp)
_NEGATED = (*_VALUES, ast.UnaryOp, ast.Compare, ast.BoolOp)
_LOOPED = (ast.Break, ast.Continue)
_BORROWING: tuple[tuple[tuple[type[ast.AST], ...], float, Callable[..., Iterator[Edit]]], ...] = (
    ((ast.expr,), 0.1, borrowing.clauses),
    ((ast.Constant,), 0.15, borrowing.constants),
    ((ast.stmt,), 0.1, borrowing.transplanted),
    ((ast.Call,), 0.2, borrowing.arguments),
    (_WRAPPED, 0.06, borrowing.wrapped),
    ((ast.Attribute,), 0.2, borrowing.attributes),
)

RULES: tuple[Rule, ...] = (
    Rule((ast.Compare,), 0.95, operators.comparisons),
    Rule((ast.Compare,), 0.3, operators.bounds),
    Rule((ast.BinOp,), 0.7, operators.operators),
    Rule((ast.BinOp,), 0.15, operators.grouping),
    Rule((ast.BoolOp,), 0.7, operators.connectives),
    Rule(_NEGATED, 0.5, operators.negations),
    Rule((ast.Constant,), 0.7, values.constants),
    Rule((ast.Name,), 0.6, values.names),
    Rule((ast.Attribute,), 0.6, values.attributes),
    Rule((ast.Call, ast.Subscript, ast.BinOp, ast.Attribute), 0.2, values.replacements),
    Rule((ast.Raise, ast.ExceptHandler), 0.5, values.exceptions),
    Rule((ast.Call,), 0.5, calls.calls),
    Rule((ast.Call,), 0.2, calls.more_arguments),
    Rule((ast.Call,), 0.4, calls.ranges),
    Rule((ast.Call,), 0.9, calls.awaits),
    Rule(_VALUES, 1.0, calls.steps),
    Rule((ast.Subscript,), 0.4, calls.slices),
    Rule((ast.Tuple, ast.List), 0.4, calls.displays),
    Rule((ast.DictComp,), 0.3, calls.pairs_of_dict),
    Rule((ast.IfExp, ast.Yield, ast.YieldFrom, ast.Await), 0.4, calls.choices),
    Rule((ast.Lambda,), 0.25, calls.late_bindings),
    Rule((ast.BinOp,), 0.7, calls.repetitions),
    Rule(_WRAPPED, 0.2, wrapping.wrappers),
    Rule((ast.Name, ast.Attribute, ast.Subscript, ast.Call), 0.06, wrapping.own_calls),
    Rule((*_VALUES, ast.ListComp), 0.12, wrapping.added_operands),
    Rule((ast.expr,), 0.25, wrapping.conditions),
    Rule((ast.comprehension,), 0.12, wrapping.filters),
    Rule((ast.Assign,), 0.4, statements.assignments),
    Rule((ast.AugAssign,), 0.7, statements.increments),
    Rule(_LOOPED, 0.4, statements.jumps),
    Rule((ast.Return,), 0.12, statements.results),
    Rule((ast.Expr,), 0.5, statements.discarded),
    Rule((ast.If, ast.While), 0.3, statements.branches),
    Rule((ast.stmt,), 0.3, statements.order),
    Rule((ast.stmt,), 0.25, statements.exchanges),
    Rule((ast.stmt,), 0.03, statements.deletions),
    Rule((ast.stmt,), 0.48, additions.inserted),
    Rule((ast.stmt,), 0.25, additions.base_cases),
    Rule((ast.stmt,), 0.25, additions.final_results),
    Rule(FUNCTIONS, 0.6, additions.mutable_defaults),
    Rule((ast.stmt,), 0.4, additions.shared_attributes),
    Rule((ast.stmt,), 0.3, additions.initialised),
    Rule((ast.expr,), 0.25, truths.truths),
    Rule((*_VALUES, ast.BoolOp), 0.2, truths.defaults),
    Rule((ast.Call,), 0.15, truths.kinds),
    Rule((ast.BoolOp, ast.UnaryOp), 0.15, truths.regrouped),
    Rule((ast.Constant,), 0.4, spoken.texts),
    Rule((ast.Constant,), 0.25, notations.expressions),
    Rule((ast.JoinedStr, ast.Constant), 0.3, notations.formats),
    Rule((ast.Constant,), 0.2, notations.dates),
    Rule((ast.Assign,), 0.35, reshaping.at_once),
    Rule((ast.Compare, ast.BoolOp), 0.15, reshaping.lower_bounds),
    Rule((ast.BinOp,), 0.12, reshaping.remainders),
    Rule((ast.Call,), 0.3, reshaping.sort_keys),
    Rule((ast.Call,), 0.2, reshaping.chains),
    Rule((ast.stmt,), 0.12, reshaping.moved),
    Rule((ast.Compare,), 0.25, reshaping.better_ones),
    Rule((ast.ExceptHandler,), 0.3, borrowing.caught),
    *(Rule(kinds, most, make) for kinds, most, make in _BORROWING),
    *(Rule(kinds, most * IN_PACKAGE, partial(make, far=True)) for kinds, most, make in _BORROWING),
)
