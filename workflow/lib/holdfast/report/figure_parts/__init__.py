"""What the figures share: style, marks, words to point at, tables and files."""
