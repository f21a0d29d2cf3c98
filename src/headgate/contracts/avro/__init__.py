"""Avro schemas: read as contracts, written from them, and compared as a registry would."""
