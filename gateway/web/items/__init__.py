"""One piece of work: its documents and their reading, what people do to it."""
