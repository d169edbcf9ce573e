"""Every table that goes from room to room: schemas, and how tables are written and read."""
