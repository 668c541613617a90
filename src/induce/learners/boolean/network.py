"""Networks of and and xor gates with free negation, in which nodes that agree on all rows are one node.

Node 0 is false, nodes 1 to ``inputs`` are the inputs, then come gates. Literal ``2 v`` is node ``v``, ``2 v + 1`` its
negation. Every node carries its value on all rows as one integer, and a gate whose value is known already, or negated, is
not made again: on a complete table this is equality of functions, on given rows it is equality on those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from induce.learners.boolean.truth import ones

__all__ = ["AND", "XOR", "Network"]

AND, XOR = 0, 1


class Network:
    """Gates over inputs, each with its value on all rows.

    Parameters
    ----------
    values : sequence of int
        Value of each input on the rows.
    rows : int

    >>> from induce.learners.boolean.truth import variables
    >>> net = Network(variables(2), 4)
    >>> net.outputs = [net.add(XOR, 2, 4)]
    >>> net.size, f"{net.value(net.outputs[0]):04b}"
    (1, '0110')
    """

    __slots__ = ("inputs", "kind", "known", "left", "mask", "outputs", "right", "rows", "values")

    def __init__(self, values: Sequence[int], rows: int) -> None:
        self.inputs = len(values)
        self.rows = rows
        self.mask = ones(rows)
        self.kind: list[int] = [AND] * (1 + self.inputs)
        self.left: list[int] = [0] * (1 + self.inputs)
        self.right: list[int] = [0] * (1 + self.inputs)
        self.values: list[int] = [0, *values]
        self.known: dict[int, int] = {0: 0}
        self.outputs: list[int] = []
        for node, value in enumerate(values, 1):
            self.known.setdefault(self._normal(value), 2 * node + (value & 1))

    def _normal(self, value: int) -> int:
        return value ^ self.mask if value & 1 else value

    def empty(self) -> Network:
        """A network of the same inputs, without gates."""
        return Network(self.values[1 : 1 + self.inputs], self.rows)

    def value(self, literal: int) -> int:
        """The rows on which a literal is true."""
        value = self.values[literal >> 1]
        return value ^ self.mask if literal & 1 else value

    def find(self, value: int) -> int | None:
        """A literal with this value, if there is one."""
        found = self.known.get(self._normal(value))
        return None if found is None else found ^ (value & 1)

    def add(self, kind: int, a: int, b: int) -> int:
        """The literal of ``a and b`` or ``a xor b``; a new gate only if no node has that value."""
        value = self.value(a) & self.value(b) if kind == AND else self.value(a) ^ self.value(b)
        found = self.find(value)
        if found is not None:
            return found
        node = len(self.values)
        self.kind.append(kind)
        self.left.append(a)
        self.right.append(b)
        self.values.append(value)
        self.known[self._normal(value)] = 2 * node + (value & 1)
        return 2 * node

    def both(self, a: int, b: int) -> int:
        """``a and b``."""
        return self.add(AND, a, b)

    def either(self, a: int, b: int) -> int:
        """``a or b``."""
        return self.add(AND, a ^ 1, b ^ 1) ^ 1

    def differ(self, a: int, b: int) -> int:
        """``a xor b``."""
        return self.add(XOR, a, b)

    def choose(self, condition: int, yes: int, no: int) -> int:
        """``if(condition, yes, no)``: at most three gates."""
        if yes == no:
            return yes
        if yes == no ^ 1:
            return self.differ(condition, no)
        if yes < 2:
            return self.either(condition, no) if yes == 1 else self.both(condition ^ 1, no)
        if no < 2:
            return self.either(condition ^ 1, yes) if no == 1 else self.both(condition, yes)
        return self.differ(no, self.both(condition, self.differ(yes, no)))

    def truncate(self, nodes: int) -> None:
        """Forget all nodes from number ``nodes`` on."""
        for value in self.values[nodes:]:
            key = self._normal(value)
            if self.known[key] >> 1 >= nodes:
                del self.known[key]
        del self.kind[nodes:], self.left[nodes:], self.right[nodes:], self.values[nodes:]

    def is_gate(self, node: int) -> bool:
        """Whether a node is neither constant nor input."""
        return node > self.inputs

    def needed(self, roots: Sequence[int] | None = None) -> list[int]:
        """Gates that the outputs (or the nodes of ``roots``, as literals) need, growing."""
        seen: set[int] = set()
        stack = [literal >> 1 for literal in (self.outputs if roots is None else roots)]
        while stack:
            node = stack.pop()
            if node > self.inputs and node not in seen:
                seen.add(node)
                stack.append(self.left[node] >> 1)
                stack.append(self.right[node] >> 1)
        return sorted(seen)

    @property
    def size(self) -> int:
        """Gates that the outputs need."""
        return len(self.needed())

    def rebuilt(self, replace: Mapping[int, Callable[[Network, Callable[[int], int]], int]] | None = None) -> Network:
        """The gates that the outputs need, made anew, in a network of their own.

        Parameters
        ----------
        replace : mapping of node to function
            What to build in place of a node: called with the new network and a function from old literals to new ones.
        """
        new = self.empty()
        place: dict[int, int] = {v: 2 * v for v in range(1 + self.inputs)}
        replace = replace or {}

        def moved(literal: int) -> int:
            node = literal >> 1
            found = place.get(node)
            if found is None:
                maker = replace.get(node)
                if maker is not None:
                    found = maker(new, moved)
                else:
                    found = new.add(self.kind[node], moved(self.left[node]), moved(self.right[node]))
                place[node] = found
            return found ^ (literal & 1)

        if not replace:
            for node in self.needed():
                moved(2 * node)
        new.outputs = [moved(literal) for literal in self.outputs]
        return new

    def words(self) -> NDArray[np.uint64]:
        """Values of all nodes as words, shape (nodes, words)."""
        count = (self.rows + 63) // 64
        raw = b"".join(value.to_bytes(8 * count, "little") for value in self.values)
        return np.frombuffer(raw, dtype="<u8").reshape(len(self.values), count).astype(np.uint64)

    def evaluate(self, values: Sequence[int], rows: int) -> list[int]:
        """The outputs on other rows, given the value of each input there."""
        mask = ones(rows)
        held: dict[int, int] = {0: 0, **dict(enumerate(values, 1))}

        def at(literal: int) -> int:
            value = held[literal >> 1]
            return value ^ mask if literal & 1 else value

        for node in self.needed():
            a, b = at(self.left[node]), at(self.right[node])
            held[node] = a & b if self.kind[node] == AND else a ^ b
        return [at(literal) for literal in self.outputs]

    def on(self, values: Sequence[int], rows: int) -> Network:
        """The same gates over other rows; gates that agree there become one."""
        new = Network(values, rows)
        place: dict[int, int] = {v: 2 * v for v in range(1 + self.inputs)}
        for node in self.needed():
            a, b = self.left[node], self.right[node]
            place[node] = new.add(self.kind[node], place[a >> 1] ^ (a & 1), place[b >> 1] ^ (b & 1))
        new.outputs = [place[literal >> 1] ^ (literal & 1) for literal in self.outputs]
        return new

    def support(self) -> list[int]:
        """Inputs (from 0) that the outputs read, growing."""
        nodes = self.needed()
        read = {x >> 1 for node in nodes for x in (self.left[node], self.right[node])} | {x >> 1 for x in self.outputs}
        return sorted(v - 1 for v in read if 1 <= v <= self.inputs)
