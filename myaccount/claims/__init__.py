"""The registry of attributes ("claims") the organisation keeps about a person."""
