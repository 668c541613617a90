"""Learners of rules: conjunctions of conditions on columns, chosen on packed bits."""
