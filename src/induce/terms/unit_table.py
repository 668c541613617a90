"""Names of units: SI prefixes, units with their definitions, other spellings.

Source: BIPM (2019), The International System of Units, 9th edition, with the units it accepts for use beside the SI;
constants such as the electronvolt are its defining values.
"""

from __future__ import annotations

import math

__all__ = ["OFFSET", "PREFIXES", "SPELLINGS", "UNITS"]

PREFIXES = {
    "Q": 1e30, "R": 1e27, "Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2,
    "da": 1e1, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15,
    "a": 1e-18, "z": 1e-21, "y": 1e-24, "r": 1e-27, "q": 1e-30,
}  # fmt: skip

# name: (scale, definition in base units, whether SI prefixes apply)
UNITS: dict[str, tuple[float, str, bool]] = {
    "m": (1, "m", True), "g": (1e-3, "kg", True), "s": (1, "s", True), "A": (1, "A", True), "K": (1, "K", True),
    "mol": (1, "mol", True), "cd": (1, "cd", True), "rad": (1, "", True), "sr": (1, "", True),
    "Hz": (1, "s^-1", True), "N": (1, "kg m s^-2", True), "Pa": (1, "kg m^-1 s^-2", True),
    "J": (1, "kg m^2 s^-2", True), "W": (1, "kg m^2 s^-3", True), "C": (1, "A s", True),
    "V": (1, "kg m^2 s^-3 A^-1", True), "F": (1, "kg^-1 m^-2 s^4 A^2", True), "ohm": (1, "kg m^2 s^-3 A^-2", True),
    "S": (1, "kg^-1 m^-2 s^3 A^2", True), "Wb": (1, "kg m^2 s^-2 A^-1", True), "T": (1, "kg s^-2 A^-1", True),
    "H": (1, "kg m^2 s^-2 A^-2", True), "lm": (1, "cd", True), "lx": (1, "cd m^-2", True), "Bq": (1, "s^-1", True),
    "Gy": (1, "m^2 s^-2", True), "Sv": (1, "m^2 s^-2", True), "kat": (1, "mol s^-1", True),
    "min": (60, "s", False), "h": (3600, "s", False), "day": (86400, "s", False), "d": (86400, "s", False),
    "week": (604800, "s", False), "year": (31557600, "s", False), "yr": (31557600, "s", True),
    "l": (1e-3, "m^3", True), "L": (1e-3, "m^3", True), "t": (1e3, "kg", True), "ha": (1e4, "m^2", False),
    "au": (149597870700, "m", False), "AU": (149597870700, "m", False), "ly": (9460730472580800, "m", True),
    "pc": (149597870700 * 648000 / math.pi, "m", True), "angstrom": (1e-10, "m", False),
    "eV": (1.602176634e-19, "kg m^2 s^-2", True), "u": (1.6605390666e-27, "kg", False), "Da": (1.6605390666e-27, "kg", True),
    "bar": (1e5, "kg m^-1 s^-2", True), "atm": (101325, "kg m^-1 s^-2", False),
    "mmHg": (133.322387415, "kg m^-1 s^-2", False), "torr": (101325 / 760, "kg m^-1 s^-2", False),
    "psi": (6894.757293168, "kg m^-1 s^-2", False),
    "cal": (4.184, "kg m^2 s^-2", True), "Wh": (3600, "kg m^2 s^-2", True), "dyn": (1e-5, "kg m s^-2", False),
    "erg": (1e-7, "kg m^2 s^-2", False), "G": (1e-4, "kg s^-2 A^-1", False), "P": (0.1, "kg m^-1 s^-1", True),
    "degree": (math.pi / 180, "", False), "deg": (math.pi / 180, "", False), "arcmin": (math.pi / 10800, "", False),
    "arcsec": (math.pi / 648000, "", False), "rpm": (1 / 60, "s^-1", False),
    "inch": (0.0254, "m", False), "ft": (0.3048, "m", False), "yd": (0.9144, "m", False), "mi": (1609.344, "m", False),
    "mile": (1609.344, "m", False), "nmi": (1852, "m", False), "lb": (0.45359237, "kg", False),
    "oz": (0.028349523125, "kg", False), "mph": (0.44704, "m s^-1", False), "knot": (1852 / 3600, "m s^-1", False),
    "gal": (3.785411784e-3, "m^3", False), "hp": (745.6998715822702, "kg m^2 s^-3", False), "percent": (1e-2, "", False),
    "ppm": (1e-6, "", False), "M_sun": (1.98841e30, "kg", False), "R_earth": (6.3781e6, "m", False),
}  # fmt: skip

SPELLINGS = {
    "meter": "m", "metre": "m", "kilogram": "kg", "gram": "g", "second": "s", "sec": "s", "minute": "min", "hour": "h",
    "hr": "h", "days": "day", "hours": "h", "minutes": "min", "seconds": "s", "meters": "m", "years": "year",
    "kelvin": "K", "ampere": "A", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "volt": "V", "hertz": "Hz",
    "coulomb": "C", "tesla": "T", "liter": "L", "litre": "L", "tonne": "t", "radian": "rad", "degrees": "degree",
    "\u03a9": "ohm", "\u2126": "ohm", "Ohm": "ohm", "Å": "angstrom", "°": "degree", "%": "percent", "in": "inch",
}  # fmt: skip
OFFSET = {"degC", "°C", "celsius", "degF", "°F", "fahrenheit", "Celsius", "Fahrenheit"}
