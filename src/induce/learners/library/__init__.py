"""Learners of libraries: what programs have in common, as operators of their own."""
