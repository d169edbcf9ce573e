"""The report room: figures, tables and the page."""
