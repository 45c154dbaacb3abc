"""One case: its life-line, its history, registration, the evidence file."""
