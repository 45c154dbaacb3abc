"""The command line: a contract that scripts rely on (see ``docs/operations.md``)."""
