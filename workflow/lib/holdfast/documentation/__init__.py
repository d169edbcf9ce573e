"""Pages of the docs that are made from the code: the configuration's keys and the tables' columns."""
