"""How a table is judged: a check is a metric with a bound."""
