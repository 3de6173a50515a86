"""The figures of the argument, one module a question."""
