"""Boolean functions: from truth tables, complete or not, to small networks of gates."""
