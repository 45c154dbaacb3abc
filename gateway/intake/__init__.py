"""Bytes arrive and become durable. ``accept.py`` is the only door; SMTP and IMAP both lead to it."""
