"""``python -m induce``: the command, where scripts are not on the path."""

from induce.cli import main

if __name__ == "__main__":
    main()
