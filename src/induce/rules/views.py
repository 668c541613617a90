"""Views: changes of the inputs that leave their labels as they are, and the rules that what is said of all views agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import avg_pool2d

from induce.errors import DataError
from induce.logic import build
from induce.logic.operators import formulas_of
from induce.rules.hierarchy import Hierarchy
from induce.settings import check_whole
from induce.terms.term import Term

__all__ = ["View", "mirrored_pictures", "view_rules"]


@dataclass(frozen=True)
class View:
    """A change of the inputs that their labels do not notice, but for where they stand.

    Parameters
    ----------
    change : callable
        From inputs to changed inputs.
    restore : callable, optional
        From outputs of the changed inputs to outputs at the places of the inputs; None where nothing moved.

    >>> View(lambda rows: -rows).restore is None
    True
    """

    change: Callable[[torch.Tensor], torch.Tensor]
    restore: Callable[[torch.Tensor], torch.Tensor] | None = None

    def outputs(self, network: Callable[[torch.Tensor], torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
        """What a network says of the changed inputs, at the places of the inputs."""
        found = network(self.change(inputs))
        return found if self.restore is None else self.restore(found)


def mirrored_pictures(axes: Iterable[int] = (), channels: Sequence[int] | None = None, *, around: int = 1) -> View:
    """The view of pictures that are mirrored, with channels exchanged, in which every pixel is asked with its neighbors.

    Parameters
    ----------
    axes : iterable of int
        Axes along which pictures are mirrored: -1 from left to right, -2 from top to bottom.
    channels : sequence of int, optional
        The channels in their new order.
    around : int
        Outputs are averaged over a square of so many pixels, an odd number: what a pixel shows, those around it show.

    >>> picture = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> view = mirrored_pictures([-1])
    >>> view.change(picture).tolist(), torch.equal(view.outputs(lambda x: x, picture), picture)
    ([[[[1.0, 0.0], [3.0, 2.0]]]], True)
    """
    sides = list(axes)
    if any(side not in (-1, -2) for side in sides):
        raise DataError(f"axes must be -1 or -2, but they are {sides!r}. -1 mirrors from left to right.")
    if around < 1 or around % 2 == 0:
        raise DataError(f"around must be an odd number of pixels, but it is {around!r}. 1 asks every pixel alone.")
    order = None if channels is None else list(channels)
    return View(
        lambda pictures: (pictures if order is None else pictures[:, order]).flip(sides),
        lambda outputs: avg_pool2d(outputs.flip(sides), around, 1, around // 2, count_include_pad=False),
    )


def view_rules(tree: Hierarchy, views: int) -> tuple[Term, tuple[str, ...]]:
    """The rules of a tree in every view, and that no view says another leaf than the first: a program, and its atoms.

    Atoms are ``label(view, name)``, all nodes of the first view before those of the next.

    Parameters
    ----------
    tree : Hierarchy
    views : int

    >>> program, atoms = view_rules(Hierarchy(["cat", "dog"]), 2)
    >>> atoms
    ('label(0, cat)', 'label(0, dog)', 'label(1, cat)', 'label(1, dog)')
    >>> print(program.args[-1])
    :- label(0, dog), not label(1, dog).
    """
    check_whole("views", views, hint="1 gives the rules of the tree.")
    plain = formulas_of(*(build.rel.label(name) for name in tree.nodes))
    seen = [[build.rel.label(view, name) for name in tree.nodes] for view in range(views)]
    terms = [formulas_of(*labels) for labels in seen]
    rules = [rule.replace(dict(zip(plain, known, strict=True))) for known in terms for rule in tree.program.args]
    rules += [
        build.constraint(seen[0][leaf] & ~labels[leaf]) for labels in seen[1:] for leaf in tree.leaf_places.tolist()
    ]
    return build.program(*rules), tuple(str(atom) for known in terms for atom in known)
