"""The catalogues of translated texts: collecting, checking and compiling them, and the pseudo-languages."""
