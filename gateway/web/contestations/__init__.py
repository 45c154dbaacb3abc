"""Contested claims: the list, one of them, its acts and its files."""
