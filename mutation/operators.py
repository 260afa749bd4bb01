"""Small changes of a syntax tree, each a fault that a test should see."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
"""For an order its boundary first, then its opposite."""

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}

CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "abs": "float"}
"""Built-in functions that are mistaken for each other."""

Alternative = tuple[str, ast.AST]
"""Name of the operator, and the node that takes the place of the other."""


def alternatives(node: ast.AST) -> Iterator[Alternative]:
    """Every change of one node; the node itself stays as it is."""
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            yield "arithmetic", _with(node, op=ARITHMETIC[type(node.op)]())
            if isinstance(node, ast.AugAssign):
                yield "statement removed", ast.Pass()
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "boolean", _with(node, op=other)
            for place in range(len(node.values)):
                kept = [value for index, value in enumerate(node.values) if index != place]
                yield "operand removed", kept[0] if len(kept) == 1 else _with(node, values=kept)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "sign removed", node.operand
        case ast.If() | ast.IfExp():
            yield "condition forced", _with(node, test=ast.Constant(True))
            yield "condition forced", _with(node, test=ast.Constant(False))
        case ast.While():
            yield "condition forced", _with(node, test=ast.Constant(False))
        case ast.comprehension():
            for place in range(len(node.ifs)):
                yield "filter removed", _with(node, ifs=node.ifs[:place] + node.ifs[place + 1 :])
        case ast.Constant():
            yield from _constants(node)
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield "return value", _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Expr(value=ast.YieldFrom()) | ast.Break() | ast.Continue():
            yield "statement removed", ast.Pass()
        case ast.Expr(value=ast.Yield()):
            yield "statement removed", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Delete():
            yield "statement removed", ast.Pass()
        case ast.Raise():
            yield "statement removed", ast.Pass()
            if isinstance(node.exc, ast.Call):
                yield (
                    "exception type",
                    _with(node, exc=_with(node.exc, func=ast.Name("ZeroDivisionError", ast.Load()))),
                )
        case ast.ExceptHandler(type=ast.Tuple(elts=caught)):
            for place in range(len(caught)):
                kept = caught[:place] + caught[place + 1 :]
                yield "exception type", _with(node, type=ast.Tuple(kept, ast.Load()))
        case ast.ExceptHandler(type=ast.expr()):
            yield "exception type", _with(node, type=ast.Tuple([], ast.Load()))
        case ast.Call():
            yield from _calls(node)
        case _:
            pass


def _comparisons(node: ast.Compare) -> Iterator[Alternative]:
    for place, op in enumerate(node.ops):
        for index, other in enumerate(COMPARISONS[type(op)]):
            name = (
                "boundary"
                if index == 0 and isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
                else "comparison"
            )
            yield name, _with(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])


def _constants(node: ast.Constant) -> Iterator[Alternative]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, str) and not any(sign.isspace() for sign in value):
        yield "constant", ast.Constant(f"{value}X")


def _calls(node: ast.Call) -> Iterator[Alternative]:
    if isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield "function", _with(node, func=ast.Name(CALLS[node.func.id], ast.Load()))
    in_any_order = isinstance(node.func, ast.Name) and node.func.id in ("min", "max")
    starred = any(isinstance(argument, ast.Starred) for argument in node.args[:2])
    if len(node.args) >= 2 and not starred and not in_any_order:
        yield "arguments swapped", _with(node, args=[node.args[1], node.args[0], *node.args[2:]])
    for place, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield "argument removed", _with(node, keywords=node.keywords[:place] + node.keywords[place + 1 :])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """A shallow copy with other fields."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed
