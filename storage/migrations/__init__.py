"""Migrations of the schema (Alembic), applied by ``storage.schema.upgrade``; no ``alembic.ini`` is needed.

``versions/0001_initial.py`` is written from the models by ``python -m storage.migrations.regenerate``. That
holds until the first release: from then on a change of a table is one more file in ``versions``.
"""
