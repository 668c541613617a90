"""Logic: programs made of rules, run under any algebra, with neural networks inside."""
