"""What leaves (letters, signed and sent once) and what comes back about it (receipts)."""
