"""Formulas: a table of numbers goes in, a short formula that a person can read comes out."""
