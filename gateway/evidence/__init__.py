"""The proof, under every room: ``record.py`` is the only caller of ``storage.audit``."""
