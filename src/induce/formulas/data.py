"""Real tables from science that ship with the library, each with its source and the law found in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.reading import read_table
from induce.table import Table

if TYPE_CHECKING:
    import pandas

__all__ = ["Dataset", "load", "names"]

_FACTS = "facts, public domain"
_NIST = "NIST Statistical Reference Datasets, a work of the US government, public domain"


@dataclass(frozen=True)
class Dataset:
    """A small real table with its provenance.

    Parameters
    ----------
    name : str
        What :func:`load` and ``shipped:NAME`` call it.
    target : str
        The column to explain by the others.
    law : str
        The formula known for it, in the arithmetic language, with the published constants.
    residual : float
        Residual sum of squares of ``law``: the certified one for NIST tables, a computed one for the rest.
    description, source, licence : str
        What was measured, by whom, and who may use it.

    >>> boyle = load("boyle")
    >>> boyle.law, boyle.X.names, boyle.y.shape
    ('1406.9 / volume', ('volume',), (25,))
    """

    name: str
    target: str
    law: str
    residual: float
    description: str
    source: str
    licence: str = _FACTS

    @cached_property
    def table(self) -> Table:
        """All numeric columns, with units; text columns are in ``table.labels``."""
        return read_table(f"shipped:{self.name}")

    @property
    def X(self) -> Table:
        """The columns that may explain the target."""
        return self.table.without(self.target)

    @property
    def y(self) -> NDArray[np.float64]:
        """The target, of shape (rows,)."""
        return self.table[self.target]

    @property
    def units(self) -> dict[str, str]:
        """Units by column name, the target's included, ready for ``FormulaRegressor(units=...)``."""
        return dict(self.table.units)

    @property
    def frame(self) -> pandas.DataFrame:
        """The whole table as a pandas DataFrame, text columns first."""
        frame: pandas.DataFrame = self.table.to_pandas()
        return frame


_ALL = (
    Dataset(
        "planets",
        "period",
        "semi_major_axis^1.5",
        0.0391838,
        "Orbits of the eight planets, Pluto, Ceres and Eris: semi-major axis, eccentricity, mass, mean radius and the "
        "sidereal period. Kepler's third law holds to 7e-4 in every row; the rest is the pull of the planets.",
        "E. M. Standish and J. G. Williams, Keplerian Elements for Approximate Positions of the Major Planets, JPL Solar "
        "System Dynamics (elements at J2000; period from the rate of the mean longitude); JPL Small-Body Database for "
        "Ceres and Eris; JPL Planetary Physical Parameters for masses and radii.",
    ),
    Dataset(
        "moons",
        "period",
        "281490 * sqrt(semi_major_axis^3 / planet_mass)",
        0.0178678,
        "Twenty moons of six planets: semi-major axis, mass of the planet, and sidereal period.",
        "NASA Space Science Data Coordinated Archive, planetary satellite fact sheets; JPL for the planets' masses.",
    ),
    Dataset(
        "galileo",
        "distance",
        "33 * time^2",
        99.0,
        "Galileo's ball on an inclined plane: distance rolled from rest, in points of about 0.94 mm, after one to eight "
        "equal times of about half a second.",
        "Galileo Galilei, folio 107 verso of manuscript 72, Biblioteca Nazionale Centrale, Florence, about 1604; read by "
        "S. Drake, Galileo's Discovery of the Law of Free Fall, Scientific American 228 (1973).",
    ),
    Dataset(
        "boyle",
        "pressure",
        "1406.9 / volume",
        1.38351,
        "Boyle's air in the short leg of a bent tube: its volume in equal spaces, and the pressure upon it in inches of "
        "mercury, atmosphere included.",
        "R. Boyle, A Defence of the Doctrine Touching the Spring and Weight of the Air, London 1662, table of the "
        "condensation of the air, columns A and D.",
    ),
    Dataset(
        "hubble",
        "velocity",
        "423.94 * distance",
        1206402.6,
        "Hubble's 24 nebulae: distance in millions of parsecs and radial velocity.",
        "E. Hubble, A Relation between Distance and Radial Velocity among Extra-Galactic Nebulae, Proceedings of the "
        "National Academy of Sciences 15 (1929), table 1.",
    ),
    Dataset(
        "misra1a",
        "volume",
        "238.94212918 * (1 - exp(-0.00055015643181 * pressure))",
        0.12455138894,
        "Monomolecular adsorption in dental research: volume adsorbed at a pressure.",
        "D. Misra, Dental Research Monomolecular Adsorption Study, NIST (1978); StRD set Misra1a.",
        _NIST,
    ),
    Dataset(
        "chwirut2",
        "response",
        "exp(-0.16657666537 * distance) / (0.0051653291286 + 0.012150007096 * distance)",
        513.04802941,
        "Ultrasonic calibration: response at a distance of metal.",
        "D. Chwirut, Ultrasonic Reference Block Study, NIST (197?); StRD set Chwirut2.",
        _NIST,
    ),
    Dataset(
        "hahn1",
        "expansion",
        "(1.0776351733 - 0.12269296921 * temperature + 0.004086375061 * temperature^2 - 0.0000014262662514 * temperature^3)"
        " / (1 - 0.0057609940901 * temperature + 0.00024053735503 * temperature^2 - 0.00000012314450199 * temperature^3)",
        1.5324382854,
        "Thermal expansion of copper: coefficient of expansion at a temperature.",
        "T. Hahn, Copper Thermal Expansion Study, NIST (197?); StRD set Hahn1.",
        _NIST,
    ),
    Dataset(
        "thurber",
        "mobility",
        "(1288.13968 + 1491.0792535 * log_density + 583.23836877 * log_density^2 + 75.416644291 * log_density^3)"
        " / (1 + 0.96629502864 * log_density + 0.39797285797 * log_density^2 + 0.049727297349 * log_density^3)",
        5642.7082397,
        "Mobility of electrons in a semiconductor against the natural logarithm of the density.",
        "R. Thurber, Semiconductor Electron Mobility Modeling, NIST (197?); StRD set Thurber.",
        _NIST,
    ),
)
_BY_NAME = {dataset.name: dataset for dataset in _ALL}


def names() -> tuple[str, ...]:
    """Names of the tables that ship with the library."""
    return tuple(_BY_NAME)


def load(name: str) -> Dataset:
    """A table that ships with the library.

    Raises
    ------
    DataError
        If there is none of that name.

    >>> load("galileo").y
    array([  33.,  130.,  298.,  526.,  824., 1192., 1620., 2104.])
    """
    found = _BY_NAME.get(name)
    if found is None:
        raise DataError(
            f"there is no shipped table '{name}'.{did_you_mean(name, _BY_NAME)} There are: {', '.join(_BY_NAME)}."
        )
    return found
