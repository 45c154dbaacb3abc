"""The queues: lists, filters, saved views, search, several items at once, live update, calendar feed."""
