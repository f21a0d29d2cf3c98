"""What datasets promise, in the words of the Open Data Contract Standard."""
