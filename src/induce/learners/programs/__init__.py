"""Learners of programs: typed enumeration over banks of values."""
