"""The person all areas share: who they are and how they are told apart."""
