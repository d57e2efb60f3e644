"""Reading mail: fixtures, single rules, headers, what is set aside."""
