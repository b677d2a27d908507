"""The columns of the tables that the kernel reads and writes: a module a table, a number a column."""
