"""How well what was promised is kept, read from the record."""
