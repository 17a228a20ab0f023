"""Work that people start by hand: importing other banks and statements."""
