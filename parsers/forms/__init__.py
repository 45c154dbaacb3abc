"""Printed forms to facts: templates anchored on labels, field types, ticks, combs, signatures.

Templates are the circuit's data (``config/circuits/*/forms/*.toml``); nothing here names a form.
"""
