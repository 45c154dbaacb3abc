"""Due dates from rules and calendars; reminders go to the outbox, never straight out."""
