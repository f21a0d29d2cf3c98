"""Service levels: what contracts promise of deliveries and of answers to trouble."""
