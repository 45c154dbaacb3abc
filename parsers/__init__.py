"""Bytes to facts: pure functions over strangers' bytes, frozen results.

Nothing here knows a network, a database, a clock or a setting, and nothing here imports
``storage`` or ``gateway``. Whatever the input, only ``ParseError`` and its children leave
this package. Where next: ``facts`` for what comes out, ``limits`` for every ceiling.
"""
