"""Server-rendered pages, in French, for those who work the queues."""
