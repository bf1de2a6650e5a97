"""The parts of the Library page: rows, reader, contents and links, the way back, and the way out."""
