"""Tests, builders and worlds."""
