"""The words of the report: names, numbers and sentences."""
