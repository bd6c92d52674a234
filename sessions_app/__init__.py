"""Sign-in sessions: where a person is signed in, and ending it."""
