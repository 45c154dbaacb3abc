"""Coming in: passwords, second factor, single sign-on, sessions, tokens, one's own account."""
