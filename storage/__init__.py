"""Rows and blobs: the only package that knows SQL, files and keys at rest.

It knows no format and no protocol, and imports neither ``parsers`` nor ``gateway``. Every query
lives here as a verb on a noun (``deliveries.move``, ``outbox.claim``); callers own the transaction
and pass its ``Session``. Where next: ``db`` for transactions, ``vault`` for bytes, ``audit`` for
the append-only log.
"""
