"""For whoever supervises: figures and their lists, ledger, what is set aside, retention."""
