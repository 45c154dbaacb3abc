"""Opened, then documents, then facts. Strangers' bytes are parsed in a limited child process."""
