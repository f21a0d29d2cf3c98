"""What a table looks like: columns, logical types, and what is known of their values."""
